import type { TableView } from '../../harness/aggregate/types.ts';
import { belowLines, headLines } from '../page.ts';
import { aligned } from '../text.ts';
import { tablePage } from './page.ts';

/** A table for a terminal: aligned columns, then notes, claims, deviations, machines and the command. */
export function tableText(view: TableView): string {
  const page = tablePage(view);
  const { columns, rows } = page.grid;
  return [...headLines(page), ...aligned(columns, rows), '', ...belowLines(page)].join('\n');
}
