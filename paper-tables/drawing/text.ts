import type { DrawingView, ExactVerdict } from '../../harness/aggregate/types.ts';
import { costLines } from '../costs-text.ts';
import { pageText } from '../page-text.ts';
import { plainText, type TextOptions } from '../terminal.ts';
import { drawingPage } from './page.ts';

/** A drawing for a terminal: its costs. */
export function drawingText(view: DrawingView, options: TextOptions = plainText): string {
  const page = drawingPage(view);
  const costs = view.networks.map(({ cost }) => cost);
  const lines = page.costs.flatMap(table => costLines(table, costs, options));
  const verdicts = verdictsOf(view);
  return pageText(view, page, { lines, legend: [], verdicts }, options);
}

/** What its costs came to. */
export function verdictsOf({ networks }: DrawingView): (ExactVerdict | null)[] {
  return networks.map(({ cost }) => cost.verdict);
}
