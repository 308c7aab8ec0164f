import type { TableView } from '../../harness/aggregate/types.ts';
import { belowLines, headLines } from '../page.ts';
import { aligned } from '../text.ts';
import type { GridCell } from './grid.ts';
import { tablePage } from './page.ts';

/** A table for a terminal: aligned columns, then notes, claims, deviations, machines and the command. */
export function tableText(view: TableView): string {
  const page = tablePage(view);
  const { columns, groups } = page.grid;
  const rows = groups.flatMap(({ rows }) => rows.map(({ label, cells }) => [label, ...cells.map(cellText)]));
  const all = [{ label: '', align: 'left' } as const, ...columns];
  return [...headLines(page), ...aligned(all, rows), '', ...belowLines(page)].join('\n');
}

function cellText({ mark, text, second, note }: GridCell): string {
  return `${mark === null ? '' : `${mark} `}${text}${second === null ? '' : ` (${second})`}${note === null ? '' : ` [${note}]`}`;
}
