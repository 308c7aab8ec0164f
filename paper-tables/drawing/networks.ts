import type { DrawingView, DrawnNetwork } from '../../harness/aggregate/types.ts';
import type { Layer, Shortcut } from '../../ml/nets/describe.ts';
import { round } from '../glyphs.ts';
import { billions } from '../numbers.ts';
import type { Canvas } from './canvas.ts';
import { colourOf, layerText } from './style.ts';

/** Pixels. `pitch`: from the top of a layer to the top of the next. */
const box = { width: 124, height: 19, pitch: 36, font: 11.5 };
const columnWidth = 206;
const leftMargin = 92;
const rightMargin = 24;
const top = 66;
const gap = box.pitch - box.height;
/** How far a shortcut swings out beside the boxes. */
const swing = 46;

/** Figure 3: networks side by side, layer by layer; what has one output size stands at one height. */
export function drawNetworks(canvas: Canvas, { networks }: DrawingView): { width: number; height: number } {
  const bands = bandsOf(networks);
  for (const { size, from } of bands.values()) {
    canvas.text(12, top + from * box.pitch + 8, 'output', { size: 11 });
    canvas.text(12, top + from * box.pitch + 22, `size: ${size}`, { size: 11 });
  }
  networks.forEach((network, i) => {
    drawNetwork(canvas, network, leftMargin + box.width / 2 + i * columnWidth, bands);
  });
  const rows = Math.max(...[...bands.values()].map(({ from, rows }) => from + rows));
  const width = leftMargin + (networks.length - 1) * columnWidth + box.width + swing + rightMargin;
  return { width, height: top + rows * box.pitch };
}

/** Rows that layers of one output size take: as many as the network that has most of them. The image takes the first. */
function bandsOf(
  networks: readonly DrawnNetwork[],
): Map<number, { size: number; from: number; rows: number }> {
  const sizes = [...new Set(networks.flatMap(({ layers }) => layers.map(({ size }) => size)))];
  sizes.sort((a, b) => b - a);
  let from = 1;
  return new Map(
    sizes.map(size => {
      const rows = Math.max(
        ...networks.map(({ layers }) => layers.filter(layer => layer.size === size).length),
      );
      const band = { size, from, rows };
      from += rows;
      return [size, band];
    }),
  );
}

function drawNetwork(
  canvas: Canvas,
  { label, layers, shortcuts, cost }: DrawnNetwork,
  x: number,
  bands: ReadonlyMap<number, { from: number }>,
): void {
  canvas.text(x, 20, label, { size: 14, bold: true, anchor: 'middle' });
  canvas.text(x, 38, `${billions(cost.multiplyAdds)} billion FLOPs`, { size: 11, anchor: 'middle' });
  canvas.box(x, top, box.width, box.height, '#ffffff', 'image', box.font);

  const tops = new Map<Layer, number>();
  const taken = new Map<number, number>();
  let above = top;
  for (const layer of layers) {
    const row = taken.get(layer.size) ?? 0;
    taken.set(layer.size, row + 1);
    const y = top + (bands.get(layer.size)!.from + row) * box.pitch;
    canvas.arrow(x, above + box.height, y);
    canvas.box(x, y, box.width, box.height, colourOf(layer), layerText(layer), box.font);
    tops.set(layer, y);
    above = y;
  }
  for (const shortcut of shortcuts) {
    const inside = layers.filter(layer => layer.block === shortcut.block);
    drawShortcut(canvas, shortcut, x, tops.get(inside[0]!)!, tops.get(inside.at(-1)!)!);
  }
}

/** From the line above a block, around it, to the line below. */
function drawShortcut(canvas: Canvas, { changes }: Shortcut, x: number, first: number, last: number): void {
  const from = first - gap * 0.4;
  const to = last + box.height + gap * 0.22;
  const side = x + box.width / 2;
  const out = side + swing;
  const middle = (from + to) / 2;
  canvas.line(
    `M${round(x)} ${round(from)}H${round(side - 12)}` +
      `C${round(out - 10)} ${round(from)} ${round(out - 10)} ${round(middle - 8)} ${round(out - 10)} ${round(middle)}` +
      `C${round(out - 10)} ${round(middle + 8)} ${round(out - 10)} ${round(to)} ${round(side - 12)} ${round(to)}H${round(x + 5)}`,
    changes,
  );
  canvas.arrowhead(x + 0.5, to, 'left');
}
