import type { ArchitectureView, CostView, TextCell } from '../../harness/aggregate/types.ts';
import { csv } from '../escape.ts';

const header = ['row', 'column', 'published', 'printed', 'computed', 'residual', 'verdict', 'printed_as'];

/** Every text and every count of a table of architectures as a record. */
export function architectureCsv({ rows, costs, compared }: ArchitectureView): string {
  const cells = rows.flatMap(({ label, outputSize, cells }) => [
    textRecord(label, 'output size', outputSize),
    ...cells.map((cell, i) => textRecord(label, costs[i]!.label, cell)),
  ]);
  return csv(header, [
    ...cells,
    ...costs.map(cost => costRecord('FLOPs', cost)),
    ...costs.map(parametersRecord),
    ...compared.map(cost => costRecord(`FLOPs (${cost.counts})`, cost)),
    ...compared.map(parametersRecord),
  ]);
}

function textRecord(row: string, column: string, { published, computed, verdict }: TextCell): unknown[] {
  return [row, column, published, published, computed, null, verdict, null];
}

function costRecord(row: string, cost: CostView): unknown[] {
  const { label, published, multiplyAdds, residual, verdict, printed } = cost;
  return [row, label, published?.value, published?.printed, multiplyAdds, residual, verdict, printed];
}

function parametersRecord({ label, parameters }: CostView): unknown[] {
  return ['parameters', label, null, null, parameters, null, null, null];
}
