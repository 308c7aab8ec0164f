import type { CellView, TableView } from '../harness/aggregate/types.ts';
import { countText, nothing, oursText, publishedText, residualText } from './wording.ts';

/** A table as texts: what every format lays out in its own way. */
export interface Grid {
  columns: { label: string; align: 'left' | 'right' }[];
  rows: string[][];
  /** Notes to cells that end in `[1]`, `[2]`, ... */
  notes: string[];
}

/** Lays a table out: a fact takes one column, a measured value four. */
export function gridOf(view: TableView): Grid {
  const notes: string[] = [];
  const columns: Grid['columns'] = [{ label: '', align: 'left' }];
  for (const { label, measures } of view.columns) {
    if (!isMeasured(measures)) {
      columns.push({ label, align: 'right' });
      continue;
    }
    columns.push(
      { label: `${label}, paper`, align: 'right' },
      { label: `ours, profile ${view.profile}: mean ± SD (seeds)`, align: 'right' },
      { label: 'residual', align: 'right' },
      { label: 'verdict', align: 'left' },
    );
  }
  const rows = view.rows.map(({ label, cells }) => [
    label,
    ...cells.flatMap((cell, i) =>
      isMeasured(view.columns[i]!.measures) ? measured(cell, notes) : [countText(cell)],
    ),
  ]);
  return { columns, rows, notes };
}

function measured(cell: CellView, notes: string[]): string[] {
  const mark = cell.note === null ? '' : ` [${numberOf(cell.note, notes)}]`;
  return [
    publishedText(cell.published),
    oursText(cell),
    residualText(cell),
    `${cell.verdict ?? nothing}${mark}`,
  ];
}

/** Cells that say the same share a note. */
function numberOf(note: string, notes: string[]): number {
  const at = notes.indexOf(note);
  return at >= 0 ? at + 1 : notes.push(note);
}

function isMeasured(measures: TableView['columns'][number]['measures']): boolean {
  return measures !== undefined && measures !== 'layers' && measures !== 'parameters';
}
