import type {
  CellView,
  ColumnView,
  PublishedCell,
  TableView,
  Verdict,
} from '../../harness/aggregate/types.ts';
import { nothing, number } from '../numbers.ts';
import { pageText, summaryText } from '../page-text.ts';
import { paintedMark, paintedWord } from '../tally.ts';
import { paint, plainText, type Terminal, type TextOptions } from '../terminal.ts';
import { type Column, fitted, type Layout } from '../text.ts';
import { markedWord } from '../verdicts.ts';
import { evaluatedLegend } from '../wording.ts';
import { tablePage } from './page.ts';
import {
  countText,
  noteText,
  oursText,
  publishedText,
  residualText,
  showsPublished,
  verdictText,
  whose,
} from './wording.ts';

/** A table for a terminal: as much of it as fits beside each other. */
export function tableText(view: TableView, options: TextOptions = plainText): string {
  const page = tablePage(view);
  const lines = fitted(
    economies.map(economy => layoutOf(view, page.grid.notes, economy, options)),
    options.width,
  );
  return pageText(view, page, { lines, legend: legendOf(view), verdicts: judged(view) }, options);
}

/** What came of a table, in one line. */
export function tableSummary(view: TableView, terminal: Terminal): string {
  return summaryText(view, judged(view), terminal);
}

/** What measured cells came to, and counts that are not the paper's. */
function judged({ rows, columns }: TableView): (Verdict | null)[] {
  return rows.flatMap(({ cells }) =>
    cells.flatMap(({ verdict }, i) =>
      columns[i]!.answers === 'measure' || verdict === 'differs' ? [verdict] : [],
    ),
  );
}

/** What is left out to save room. */
interface Economy {
  /** Counts of the networks that were run, beside those that are printed. */
  counts?: true;
  /** The words of verdicts: their marks stay. */
  words?: true;
  residuals?: true;
  /** Spreads, and means beside a best value. */
  spreads?: true;
}

const economies: readonly Economy[] = [
  {},
  { counts: true },
  { counts: true, words: true },
  { counts: true, words: true, residuals: true },
  { counts: true, words: true, residuals: true, spreads: true },
];

function layoutOf(view: TableView, notes: readonly string[], economy: Economy, options: TextOptions): Layout {
  const names = [{ label: '', align: 'left', cells: view.rows.map(({ label }) => label) } as const];
  const groups = view.columns.map((column, i) => {
    const cells = view.rows.map(row => row.cells[i]!);
    return column.answers === 'measure'
      ? measured(column, cells, view, notes, economy, options)
      : [fact(column, cells, economy)];
  });
  return { names, groups, ...(economy.spreads && { lastResort: true }) };
}

function fact({ label }: ColumnView, cells: readonly CellView[], { counts }: Economy): Column {
  const texts = cells.map(cell => (counts ? publishedText(cell.published) : countText(cell)));
  return { label, align: 'right', cells: texts };
}

/** What a measured column shows: published, ours, residual where there is any, verdict with the number of its note. */
function measured(
  column: ColumnView,
  cells: readonly CellView[],
  view: TableView,
  notes: readonly string[],
  { words, residuals, spreads }: Economy,
  options: TextOptions,
): Column[] {
  const verdict = (cell: CellView) => {
    const note = noteText(cell, view);
    const number = note === null ? '' : ` [${notes.indexOf(note) + 1}]`;
    return `${verdictCell(cell, words ?? false, options)}${number}`;
  };
  const right = (label: string, text: (cell: CellView) => string): Column => {
    return { label, align: 'right', cells: cells.map(text) };
  };
  const compared = !residuals && cells.some(({ residual }) => residual !== null);
  const published = right(`${column.label}, paper`, cell =>
    spreads ? bestText(cell.published) : publishedText(cell.published),
  );
  return [
    ...(showsPublished(column) ? [published] : []),
    right(`${column.backend?.id ?? 'ours'}, ${view.profile}`, cell =>
      oursText(spreads ? withoutSpread(cell) : cell, column),
    ),
    ...(compared ? [right('residual', cell => residualText(cell, column))] : []),
    { label: words ? '' : 'verdict', align: 'left', cells: cells.map(verdict) },
  ];
}

/** `6.43` of `6.43 (6.61±0.16)`. */
function bestText(published: PublishedCell): string {
  return published.kind === 'value' ? number(published.value, published.decimals) : publishedText(published);
}

function withoutSpread(cell: CellView): CellView {
  return { ...cell, ours: cell.ours && { ...cell.ours, sd: null } };
}

function verdictCell(cell: CellView, marksOnly: boolean, options: TextOptions): string {
  const { verdict } = cell;
  if (verdict === null) return paint(marksOnly ? nothing : verdictText(cell), 'dim', options);
  return marksOnly ? paintedMark(verdict, options) : paintedWord(verdict, options);
}

function legendOf(view: TableView): string[] {
  const { rows, evaluations, faithful, marks } = view;
  const cells = rows.flatMap(row => row.cells);
  const terms = [
    ...(cells.some(({ ours }) => ours) ? [`${whose(view)}: mean ± SD (number of seeds)`] : []),
    ...(cells.some(({ residual }) => residual !== null) ? ['residual: ours − paper'] : []),
  ];
  const apart = `${markedWord('scaled-down')}: not the paper’s protocol; not comparable with the paper’s value.`;
  return [
    ...(terms.length > 0 ? [`${terms.join('; ')}.`] : []),
    ...(!faithful && cells.some(({ verdict }) => verdict === 'scaled-down') ? [apart] : []),
    ...(evaluations.length > 0 ? [evaluatedLegend] : []),
    ...marks.map(mark => `The paper’s note: ${mark}`),
  ];
}
