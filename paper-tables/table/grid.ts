import type { CellView, ColumnView, TableView } from '../../harness/aggregate/types.ts';
import { countText, noteText, oursText, publishedText, residualText, verdictText } from './wording.ts';

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
  for (const { label, answers } of view.columns) {
    if (answers !== 'measure') {
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
    ...cells.flatMap((cell, i) => {
      const column = view.columns[i]!;
      return column.answers === 'measure' ? measured(cell, column, view, notes) : [countText(cell)];
    }),
  ]);
  return { columns, rows, notes };
}

function measured(cell: CellView, column: ColumnView, view: TableView, notes: string[]): string[] {
  const note = noteText(cell, view);
  const mark = note === null ? '' : ` [${numberOf(note, notes)}]`;
  return [
    publishedText(cell.published),
    oursText(cell, column),
    residualText(cell, column),
    `${verdictText(cell)}${mark}`,
  ];
}

/** Cells that say the same share a note. */
function numberOf(note: string, notes: string[]): number {
  const at = notes.indexOf(note);
  return at >= 0 ? at + 1 : notes.push(note);
}
