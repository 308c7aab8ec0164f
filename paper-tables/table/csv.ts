import type { CellView, TableView } from '../../harness/aggregate/types.ts';
import { csv } from '../escape.ts';
import { noteText, publishedText } from './wording.ts';

const header = [
  ...['row', 'column', 'published', 'printed', 'estimator', 'ours_mean', 'ours_sd', 'seeds', 'count'],
  ...['residual', 'verdict', 'profile', 'note', 'values', 'runs', 'interval_low', 'interval_high', 'level'],
];

/** Every cell of a table as a record, with its samples and the runs they come from. */
export function tableCsv(view: TableView): string {
  const records = view.rows.flatMap(({ label, cells }) =>
    cells.map((cell, i) => [label, view.columns[i]!.key, ...fields(cell, view)]),
  );
  return csv(header, records);
}

function fields(cell: CellView, view: TableView): unknown[] {
  const { published, ours, evaluated, count, residual, verdict, evidence } = cell;
  const evaluation = view.evaluations.find(({ network }) => network === evaluated?.network);
  const printed = published.kind === 'none' ? null : publishedText(published);
  const value = published.kind === 'value' ? published.value : printed;
  return [
    value,
    printed,
    published.kind === 'value' ? published.estimator : null,
    evaluated?.value ?? ours?.mean,
    ours?.sd,
    ours?.n,
    count?.value,
    residual,
    verdict,
    view.profile,
    noteText(cell, view),
    ours?.values,
    evaluation?.key ?? ours?.runs,
    ...(evidence?.interval ?? [null, null]),
    evidence?.interval && evidence.level,
  ];
}
