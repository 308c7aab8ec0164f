import type { DrawingView } from '../../harness/aggregate/types.ts';
import { filesLine } from '../kind.ts';
import { belowLines, headLines } from '../page.ts';
import { aligned } from '../text.ts';
import { drawingPage } from './page.ts';

/** A drawing for a terminal: its costs and files. */
export function drawingText(view: DrawingView): string {
  const page = drawingPage(view);
  const costs = page.costs.flatMap(({ title, texts }) => [title, ...aligned(texts.columns, texts.rows), '']);
  return [...headLines(page), ...costs, filesLine(view), '', ...belowLines(page)].join('\n');
}
