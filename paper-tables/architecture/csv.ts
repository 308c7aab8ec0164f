import type { ArchitectureView, CostView, TextCell } from '../../harness/aggregate/types.ts';
import { csv, type Field } from '../csv.ts';

const header = ['row', 'column', 'source', 'statistic', 'value', 'unit', 'text'];

/** Every text and every count of a table of architectures as a record of its own. */
export function architectureCsv({ rows, costs, compared }: ArchitectureView): string {
  const cells = rows.flatMap(({ label, outputSize, cells }) => [
    ...textRecords(label, 'output size', outputSize),
    ...cells.flatMap((cell, i) => textRecords(label, costs[i]!.label, cell)),
  ]);
  return csv(header, [...cells, ...[...costs, ...compared].flatMap(costRecords)]);
}

function textRecords(row: string, column: string, { published, computed, verdict }: TextCell): Field[][] {
  const record = (source: string, statistic: string, text: string | null) =>
    text === null ? [] : [[row, column, source, statistic, null, null, text]];
  return [
    ...record('paper', 'layers', published),
    ...record('ours', 'layers', computed),
    ...record('comparison', 'verdict', verdict),
  ];
}

function costRecords(cost: CostView): Field[][] {
  const { label, published, counts, multiplyAdds, parameters, residual, verdict, printed } = cost;
  const flops = [counts === 'convolutions' ? 'FLOPs of convolutions' : 'FLOPs', label];
  const unit = 'multiply-adds';
  return [
    ...(published ? [[...flops, 'paper', 'value', published.value, unit, published.printed]] : []),
    [...flops, 'ours', 'count', multiplyAdds, unit],
    ...(residual === null ? [] : [[...flops, 'comparison', 'residual', residual, unit]]),
    ...(verdict === null ? [] : [[...flops, 'comparison', 'verdict', null, null, verdict]]),
    ...(printed === null ? [] : [[...flops, 'comparison', 'printed as', null, null, printed]]),
    ['parameters', label, 'ours', 'count', parameters, 'parameters'],
  ];
}
