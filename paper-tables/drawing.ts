import type { DrawingView } from '../harness/aggregate/types.ts';
import { Canvas } from './canvas.ts';
import { drawBlocks, drawPrinciple } from './drawing-blocks.ts';
import { drawNetworks } from './drawing-networks.ts';
import { loadTypeface } from './glyphs.ts';

const drawings = { block: drawPrinciple, blocks: drawBlocks, networks: drawNetworks };

/** Draws Figure 2, 3 or 5 as SVG from the layers and shortcuts of its networks. The same view gives the same bytes. */
export async function drawArchitecture(view: DrawingView): Promise<string> {
  const canvas = new Canvas(view.name, await loadTypeface());
  const { width, height } = drawings[view.shows](canvas, view);
  return canvas.svg(width, height, `${view.heading} of the paper: ${view.title}`);
}
