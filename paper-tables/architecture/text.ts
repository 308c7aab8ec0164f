import type { ArchitectureView, ExactVerdict } from '../../harness/aggregate/types.ts';
import { costLines, verdictLine } from '../costs-text.ts';
import { pageText } from '../page-text.ts';
import { plainText, type TextOptions } from '../terminal.ts';
import { type Column, fitted, wrapped } from '../text.ts';
import { type ArchitecturePage, architecturePage } from './page.ts';

/** Columns that row labels may take. */
const labelWidth = 11;

/** A table of architectures for a terminal: as many networks beside each other as fit. */
export function architectureText(view: ArchitectureView, options: TextOptions = plainText): string {
  const page = architecturePage(view);
  const { compared } = page;
  const lines = [
    ...tableLines(view, page, options),
    ...(compared ? ['', ...costLines(compared, view.compared, options)] : []),
  ];
  return pageText(view, page, { lines, legend: [], verdicts: verdictsOf(view) }, options);
}

/** What its texts and costs came to. */
export function verdictsOf({ rows, costs, compared }: ArchitectureView): (ExactVerdict | null)[] {
  const cells = rows.flatMap(({ outputSize, cells }) => [outputSize, ...cells]);
  return [...cells, ...costs, ...compared].map(({ verdict }) => verdict);
}

function tableLines(
  { costs }: ArchitectureView,
  { rows, columns }: ArchitecturePage,
  options: TextOptions,
): string[] {
  const expanded = rows.flatMap(({ label, cells }) => {
    const texts = cells.map(({ lines }, i) => {
      const cost = costs[i - 1];
      return label === 'verdict' && cost ? wrapped(verdictLine(cost, options), { limit: 16 }) : lines;
    });
    const parts = [wrapped(label, { limit: labelWidth }), ...texts];
    const depth = Math.max(...parts.map(lines => lines.length));
    return Array.from({ length: depth }, (_, i) => parts.map(lines => lines[i] ?? ''));
  });
  const all = columns.map((label, i): Column => {
    return { label: label.replace('output ', ''), align: 'left', cells: expanded.map(row => row[i]!) };
  });
  const groups = all.slice(2).map(column => [column]);
  return fitted([{ names: all.slice(0, 2), groups }], options.width);
}
