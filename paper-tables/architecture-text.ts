import type { ArchitectureView, DrawingView } from '../harness/aggregate/types.ts';
import { architecturePage, drawingPage } from './architecture-page.ts';
import { figureNames } from './names.ts';
import { aligned, below, type Column, head, wrapped } from './text.ts';

/** Columns that row labels may take. */
const labelWidth = 11;

/** Table 1 for a terminal. */
export function architectureText(view: ArchitectureView): string {
  const page = architecturePage(view);
  const columns = page.columns.map(
    (label): Column => ({ label: label.replace('output ', ''), align: 'left' }),
  );
  const rows = page.rows.flatMap(({ label, cells }) => {
    const columnLines = [wrapped(label, '', labelWidth), ...cells.map(({ lines }) => lines)];
    const depth = Math.max(...columnLines.map(lines => lines.length));
    return Array.from({ length: depth }, (_, i) => columnLines.map(lines => lines[i] ?? ''));
  });
  const { compared } = page;
  return [
    ...head(page),
    ...aligned(columns, rows),
    '',
    ...(compared ? [...aligned(compared.columns, compared.rows), ''] : []),
    ...below(page),
  ].join('\n');
}

/** A drawing for a terminal: its costs and files. */
export function drawingText(view: DrawingView): string {
  const page = drawingPage(view);
  const files = `Files: ${figureNames(view.name).join(', ')}`;
  return [...head(page), ...aligned(page.costs.columns, page.costs.rows), '', files, '', ...below(page)].join(
    '\n',
  );
}
