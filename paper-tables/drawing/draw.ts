import type { DrawingView } from '../../harness/aggregate/types.ts';
import { loadTypeface, type Typeface, titled } from '../glyphs.ts';
import { drawBlocks, drawPrinciple } from './blocks.ts';
import { Canvas } from './canvas.ts';
import { drawNetworks } from './networks.ts';
import { drawingPage } from './page.ts';

const drawings = { block: drawPrinciple, blocks: drawBlocks, networks: drawNetworks };

/**
 * Draws a block, blocks or networks as SVG, from their layers and shortcuts. The same view gives the same bytes.
 * `typeface`: what texts are measured and outlined by.
 */
export async function drawArchitecture(view: DrawingView, typeface?: Typeface): Promise<string> {
  const canvas = new Canvas(view.name, typeface ?? (await loadTypeface()));
  const { width, height } = drawings[view.shows](canvas, view);
  return titled(
    canvas.svg(width, height),
    `${view.heading} of the paper: ${view.title}`,
    drawingPage(view).alt,
  );
}
