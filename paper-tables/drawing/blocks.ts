import type { DrawingView, DrawnNetwork } from '../../harness/aggregate/types.ts';
import type { Shortcut } from '../../ml/nets/describe.ts';
import { round } from '../glyphs.ts';
import { integer } from '../numbers.ts';
import type { Canvas } from './canvas.ts';
import { colourOf } from './style.ts';

/** Pixels. `pitch`: from the top of a layer to the top of the next. */
const box = { width: 116, height: 28, pitch: 62, font: 13 };
const columnWidth = 300;
const top = 44;
const radius = 8;
const gap = box.pitch - box.height;
/** How far a shortcut swings out beside the boxes. */
const swing = 62;

/** Figure 2: the principle of a block. */
export function drawPrinciple(canvas: Canvas, { networks }: DrawingView): { width: number; height: number } {
  const block = networks[0]!;
  const x = 170;
  const { firstLine, boxes, sum, end } = drawBlock(canvas, block, x, 'weight layer', () => '#ffffff');
  const [shortcut] = block.shortcuts;
  canvas.text(x - 10, firstLine + 6, 'x', { size: 15, anchor: 'end' });
  const middle = (boxes[0]! + boxes.at(-1)! + box.height) / 2 + 5;
  canvas.text(x - box.width / 2 - 16, middle, 'F(x)', { size: 15, anchor: 'end' });
  if (shortcut && sum !== null) {
    canvas.text(x - radius - 12, sum + 5, `F(x) + ${carried(shortcut)}`, { size: 15, anchor: 'end' });
    canvas.text(x + box.width / 2 + swing + 10, middle - 9, carried(shortcut), { size: 15 });
    canvas.text(x + box.width / 2 + swing + 10, middle + 10, shortcut.kind, { size: 13 });
  }
  return { width: x + box.width / 2 + swing + 110, height: end + 12 };
}

/** Figure 5: blocks side by side, with what they cost. */
export function drawBlocks(canvas: Canvas, { networks }: DrawingView): { width: number; height: number } {
  const most = Math.max(...networks.map(({ layers }) => layers.length));
  let bottom = 0;
  networks.forEach((block, i) => {
    const x = 120 + i * columnWidth;
    const { label, layers, shortcuts, cost, inputSize } = block;
    const down = ((most - layers.length) * box.pitch) / 2;
    const text = (index: number) => {
      const { kernel, filters, stride } = layers[index]!;
      return `${kernel}x${kernel}, ${filters}${stride > 1 ? `, /${stride}` : ''}`;
    };
    const { firstLine, sum } = drawBlock(canvas, block, x, text, index => colourOf(layers[index]!), down);
    canvas.text(x - 10, firstLine + 6, `${layers[0]!.inputs}-d`, { size: 14, anchor: 'end' });
    const [shortcut] = shortcuts;
    if (shortcut && shortcut.kind !== 'identity' && sum !== null) {
      const at = (firstLine + sum) / 2;
      canvas.text(x + box.width / 2 + swing + 8, at + 4, shortcut.kind, { size: 12 });
    }
    const costs = top + most * box.pitch + 82;
    const lines = [
      `${label}, on ${inputSize}x${inputSize}:`,
      `${integer(cost.multiplyAdds)} multiply-adds`,
      `${integer(cost.parameters)} weights`,
    ];
    lines.forEach((line, row) => {
      canvas.text(x, costs + row * 19, line, { size: 12, anchor: 'middle', bold: row === 0 });
    });
    bottom = costs + lines.length * 19;
  });
  const named = networks.some(({ shortcuts }) => shortcuts.some(({ kind }) => kind !== 'identity'));
  const right = box.width / 2 + swing + (named ? 96 : 30);
  return { width: 120 + (networks.length - 1) * columnWidth + right, height: bottom };
}

/** A block from top to bottom, at the returned heights: the line into it, its boxes, the addition, its end. */
function drawBlock(
  canvas: Canvas,
  { layers, shortcuts }: DrawnNetwork,
  x: number,
  text: string | ((index: number) => string),
  fill: (index: number) => string,
  down = 0,
): { firstLine: number; boxes: number[]; sum: number | null; end: number } {
  const firstLine = 16 + down;
  const boxes = layers.map((_, i) => top + down + 8 + i * box.pitch);
  boxes.forEach((y, i) => {
    const above = i === 0 ? firstLine - 8 : boxes[i - 1]! + box.height;
    canvas.arrow(x, above, y);
    if (i > 0) canvas.text(x + 9, y - gap / 2 + 5, 'relu', { size: 12 });
    canvas.box(x, y, box.width, box.height, fill(i), typeof text === 'string' ? text : text(i), box.font);
  });
  const last = boxes.at(-1)! + box.height;
  const [shortcut] = shortcuts;
  const sum = shortcut ? last + gap * 0.75 + radius : null;
  if (shortcut && sum !== null) {
    canvas.arrow(x, last, sum - radius);
    drawShortcut(canvas, shortcut, x, firstLine + 10, sum);
    canvas.plus(x, sum, radius);
  }
  const after = sum === null ? last : sum + radius;
  canvas.arrow(x, after, after + gap);
  canvas.text(x + 9, after + gap / 2 + 3, 'relu', { size: 12 });
  return { firstLine, boxes, sum, end: after + gap };
}

function drawShortcut(canvas: Canvas, { changes }: Shortcut, x: number, from: number, to: number): void {
  const side = x + box.width / 2;
  const out = side + swing;
  const bend = 34;
  canvas.line(
    `M${round(x)} ${round(from)}H${round(side)}` +
      `C${round(out)} ${round(from)} ${round(out)} ${round(from + bend)} ${round(out)} ${round(from + 2 * bend)}` +
      `V${round(to - 2 * bend)}` +
      `C${round(out)} ${round(to - bend)} ${round(out)} ${round(to)} ${round(side)} ${round(to)}` +
      `H${round(x + radius + 5)}`,
    changes,
  );
  canvas.arrowhead(x + radius + 0.5, to, 'left');
}

/** What a shortcut carries, in the terms of equations 1 and 2. */
function carried({ kind }: Shortcut): string {
  return kind === 'projection' ? 'Ws x' : 'x';
}
