import type { CellView, ColumnView, RowView, TableView } from '../../harness/aggregate/types.ts';
import { type Tone, verdicts } from '../verdicts.ts';
import {
  noteText,
  oursText,
  publishedText,
  ranText,
  residualText,
  showsPublished,
  verdictText,
} from './wording.ts';

/** A table as texts: what every format lays out in its own way. */
export interface Grid {
  /** All columns but that of the row labels. */
  columns: GridColumn[];
  groups: GridGroup[];
  /** Notes that cells refer to by number, from 1. */
  notes: string[];
}

/** A column with its heading. */
export interface GridColumn {
  label: string;
  align: 'left' | 'right';
  /** Whether it is left out first where there is no room: counts of the network, beside what was measured. */
  minor: boolean;
}

/** Rows under one heading, where a table has rows of several kinds. */
export interface GridGroup {
  title: string | null;
  rows: { label: string; cells: GridCell[] }[];
}

/** A cell, in the order of the columns. */
export interface GridCell {
  text: string;
  /** What stands below it, smaller. */
  second: string | null;
  /** Number of its note. */
  note: number | null;
  mark: string | null;
  tone: Tone | null;
  align: GridColumn['align'];
  minor: boolean;
  /** Where what it rests on is, on pages that have that. */
  href: string | null;
}

/** Where the evidence of a measured cell is, by its row and column; null where there is none. */
export type CellLinks = (row: RowView, column: ColumnView) => string | null;

/** Lays a table out: a fact takes one column; a measured value three, and a fourth where residuals are shown. */
export function gridOf(view: TableView, links: CellLinks = () => null): Grid {
  const notes: string[] = [];
  const parts = view.columns.map((column, i) => partOf(column, i, view, notes));
  const laidOut = view.rows.map(row => ({
    ...row,
    laid: row.cells.flatMap((cell, i) =>
      parts[i]!.map(({ align, text, measured, minor = false }) => {
        const href = measured ? links(row, view.columns[i]!) : null;
        return { ...empty, align, minor, ...text(cell), href };
      }),
    ),
  }));
  return {
    columns: parts.flat().map(({ label, align, minor }) => ({ label, align, minor: minor ?? false })),
    groups: groupsOf(laidOut).map(({ title, rows }) => ({
      title,
      rows: rows.map(({ label, laid }) => ({ label, cells: laid })),
    })),
    notes,
  };
}

const empty: Omit<GridCell, 'text' | 'align' | 'minor' | 'href'> = {
  second: null,
  note: null,
  mark: null,
  tone: null,
};

/** A column of the grid, and what it shows of a cell. */
interface Part extends Omit<GridColumn, 'minor'> {
  minor?: true;
  /** Whether it is what was measured. */
  measured?: true;
  text(cell: CellView): Pick<GridCell, 'text'> & Partial<GridCell>;
}

function partOf(column: ColumnView, place: number, view: TableView, notes: string[]): Part[] {
  const { label, answers } = column;
  if (answers !== 'measure') {
    const text = (cell: CellView) => ({ text: publishedText(cell.published), second: ranText(cell) });
    return [{ label, align: 'right', text, ...(column.answers === 'count' && { minor: true }) }];
  }
  const compared = view.rows.some(({ cells }) => cells[place]!.residual !== null);
  const residual: Part = {
    label: 'residual',
    align: 'right',
    text: cell => ({ text: residualText(cell, column) }),
  };
  const published: Part = {
    label: `${label}, paper`,
    align: 'right',
    text: cell => ({ text: publishedText(cell.published) }),
  };
  const ours = `${column.backend?.id ?? 'ours'}: mean ± SD (seeds)`;
  return [
    ...(showsPublished(column) ? [published] : []),
    { label: ours, align: 'right', text: cell => ({ text: oursText(cell, column) }), measured: true },
    ...(compared ? [residual] : []),
    { label: 'verdict', align: 'left', text: cell => verdictCell(cell, view, notes) },
  ];
}

function verdictCell(
  cell: CellView,
  view: TableView,
  notes: string[],
): Pick<GridCell, 'text'> & Partial<GridCell> {
  const note = noteText(cell, view);
  const { mark, tone } = cell.verdict ? verdicts[cell.verdict] : { mark: null, tone: 'none' as const };
  return { text: verdictText(cell), mark, tone, note: note === null ? null : numberOf(note, notes) };
}

/** Cells that say the same share a note. */
function numberOf(note: string, notes: string[]): number {
  const at = notes.indexOf(note);
  return at >= 0 ? at + 1 : notes.push(note);
}

/** Rows of one kind in succession; a table whose rows are all of one kind needs no headings. */
function groupsOf<R extends Pick<RowView, 'quoted'>>(
  rows: readonly R[],
): { title: string | null; rows: R[] }[] {
  const kinds = new Set(rows.map(({ quoted }) => quoted));
  const groups: { quoted: boolean; rows: R[] }[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.quoted === row.quoted) last.rows.push(row);
    else groups.push({ quoted: row.quoted, rows: [row] });
  }
  return groups.map(({ quoted, rows }) => ({
    title: kinds.size < 2 ? null : quoted ? 'Methods the paper quotes' : 'The paper’s own networks',
    rows,
  }));
}
