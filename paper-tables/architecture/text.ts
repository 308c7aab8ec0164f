import type { ArchitectureView } from '../../harness/aggregate/types.ts';
import { belowLines, headLines } from '../page.ts';
import { aligned, type Column, wrapped } from '../text.ts';
import { architecturePage } from './page.ts';

/** Columns that row labels may take. */
const labelWidth = 11;

/** A table of architectures for a terminal. */
export function architectureText(view: ArchitectureView): string {
  const page = architecturePage(view);
  const columns = page.columns.map((label): Column => {
    return { label: label.replace('output ', ''), align: 'left' };
  });
  const rows = page.rows.flatMap(({ label, cells }) => {
    const columnLines = [wrapped(label, { limit: labelWidth }), ...cells.map(({ lines }) => lines)];
    const depth = Math.max(...columnLines.map(lines => lines.length));
    return Array.from({ length: depth }, (_, i) => columnLines.map(lines => lines[i] ?? ''));
  });
  const { compared } = page;
  return [
    ...headLines(page),
    ...aligned(columns, rows),
    '',
    ...(compared ? [...aligned(compared.columns, compared.rows), ''] : []),
    ...belowLines(page),
  ].join('\n');
}
