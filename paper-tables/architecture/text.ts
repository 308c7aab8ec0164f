import type { ArchitectureView, ExactVerdict } from '../../harness/aggregate/types.ts';
import { costLines } from '../costs-text.ts';
import { pageText } from '../page-text.ts';
import { plainText, type TextOptions } from '../terminal.ts';
import { type Column, fitted, wrapped } from '../text.ts';
import { type ArchitecturePage, architecturePage } from './page.ts';

/** Columns that row labels and cells may take: the longest text that cannot be broken fits. */
const widths = { label: 11, cell: 16 };

/** A table of architectures for a terminal: as many networks beside each other as fit. */
export function architectureText(view: ArchitectureView, options: TextOptions = plainText): string {
  const page = architecturePage(view);
  const costs = [view.costs, view.compared];
  const lines = [
    ...tableLines(page, options),
    ...page.costs.flatMap((table, i) => ['', ...costLines(table, costs[i]!, options)]),
  ];
  return pageText(view, page, { lines, legend: [], verdicts: verdictsOf(view) }, options);
}

/** What its texts and costs came to. */
export function verdictsOf({ rows, costs, compared }: ArchitectureView): (ExactVerdict | null)[] {
  const cells = rows.flatMap(({ outputSize, cells }) => [outputSize, ...cells]);
  return [...cells, ...costs, ...compared].map(({ verdict }) => verdict);
}

function tableLines({ rows, columns }: ArchitecturePage, { width }: TextOptions): string[] {
  const expanded = rows.flatMap(({ label, cells }) => {
    const texts = cells.flatMap(({ lines, span }) => Array<string[]>(span).fill(lines.flatMap(broken)));
    const parts = [wrapped(label, { limit: widths.label }), ...texts];
    const depth = Math.max(...parts.map(lines => lines.length));
    return Array.from({ length: depth }, (_, i) => parts.map(lines => lines[i] ?? ''));
  });
  const all = ['', ...columns].map((label, i): Column => {
    return { label: label.replace('output ', ''), align: 'left', cells: expanded.map(row => row[i]!) };
  });
  const groups = all.slice(2).map(column => [column]);
  return fitted([{ names: all.slice(0, 2), groups }], width);
}

/** A line of a cell in lines that fit its column; what is set in stays so. */
function broken(line: string): string[] {
  const indent = line.startsWith('\u00a0') ? ' ' : '';
  return wrapped(line.trim(), { limit: widths.cell - indent.length }).map(part => indent + part);
}
