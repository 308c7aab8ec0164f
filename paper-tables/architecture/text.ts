import type { ArchitectureView } from '../../harness/aggregate/types.ts';
import { belowLines, headLines } from '../page.ts';
import { aligned, type Column, wrapped } from '../text.ts';
import { architecturePage } from './page.ts';

/** Columns that row labels and cells may take: the longest text that cannot be broken fits. */
const widths = { label: 11, cell: 16 };

/** A table of architectures for a terminal. */
export function architectureText(view: ArchitectureView): string {
  const page = architecturePage(view);
  const columns = ['', ...page.columns].map((label): Column => {
    return { label: label.replace('output ', ''), align: 'left' };
  });
  const rows = page.rows.flatMap(({ label, cells }) => {
    const texts = cells.flatMap(({ lines, span }) => {
      const broken = lines.flatMap(line => {
        const indent = line.startsWith('\u00a0') ? ' ' : '';
        return wrapped(line.trim(), { limit: widths.cell - indent.length }).map(part => indent + part);
      });
      return Array<string[]>(span).fill(broken);
    });
    const columnLines = [wrapped(label, { limit: widths.label }), ...texts];
    const depth = Math.max(...columnLines.map(lines => lines.length));
    return Array.from({ length: depth }, (_, i) => columnLines.map(lines => lines[i] ?? ''));
  });
  return [
    ...headLines(page),
    ...aligned(columns, rows),
    '',
    ...page.costs.flatMap(({ title, texts }) => [title, ...aligned(texts.columns, texts.rows), '']),
    ...belowLines(page),
  ].join('\n');
}
