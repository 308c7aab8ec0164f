import { area, type Box, intersection } from '../../detection/boxes.ts';
import { integerBelow, randomWords } from '../../optim/random.ts';
import { cifar10Layout } from '../cifar10/files.ts';
import type { ImageSet } from '../spec.ts';
import { type Digits, digitSize } from './mnist.ts';

/** What canvases are drawn from: digits and photographs that no other split has. */
export interface Material {
  digits: Digits;
  photographs: ImageSet;
}

/** A photograph with digits on it. */
export interface Canvas {
  /** Height and width. */
  size: number;
  /** [3, size, size], red, green, blue. */
  pixels: Uint8Array;
  objects: { digit: number; box: Box }[];
}

/**
 * Pixels of a side, and bounds of the number of digits, of their heights, and of the number of patches of other photographs. A
 * digit that finds no place is left out: of the first 1,000 canvases of each split 29 as VOC and 26 as COCO have one less than
 * the least.
 */
const variants = {
  voc: { size: 48, objects: [2, 4], heights: [12, 28], patches: [0, 2] },
  coco: { size: 48, objects: [3, 6], heights: [9, 26], patches: [1, 3] },
  det: { size: 48, objects: [1, 2], heights: [12, 32], patches: [1, 3] },
} as const;

/** A kind of canvases. */
export type Variant = keyof typeof variants;

/**
 * Canvas number `index` of a split, a function of these alone: a photograph blown up, patches of other ones as clutter, and
 * digits in colours that stand out, of which each overlaps no other by more than a quarter of the smaller.
 */
export function drawCanvas(variant: Variant, split: Split, index: number, material: Material): Canvas {
  const { size, objects, heights, patches } = variants[variant];
  const draw = new Draw(1 + Object.keys(variants).indexOf(variant), split, index);
  const pixels = new Float64Array(3 * size * size);
  paste(pixels, size, photograph(draw, material), [0, 0, size, size]);
  for (let patch = draw.between(patches[0], patches[1]); patch > 0; patch--) {
    const [height, width] = [draw.between(6, size / 2 - 1), draw.between(6, size / 2 - 1)];
    const [left, top] = [draw.between(0, size - width), draw.between(0, size - height)];
    paste(pixels, size, photograph(draw, material), [left, top, left + width, top + height]);
  }
  const found: Canvas['objects'] = [];
  for (let object = draw.between(objects[0], objects[1]); object > 0; object--) {
    const ink = inked(material.digits, draw.below(material.digits.count));
    const [width, height] = sidesOf(ink, draw.between(heights[0], heights[1]), size, draw);
    const box = placeFor(width, height, size, found, draw);
    if (!box) continue;
    write(pixels, size, ink, box, draw);
    found.push({ digit: ink.label, box });
  }
  return { size, pixels: Uint8Array.from(pixels, value => Math.round(value)), objects: found };
}

/** A photograph of CIFAR-10 with digit number `index` on it, as a classifier sees it: [3, 32, 32]. */
export function drawCrop(
  split: Split,
  index: number,
  material: Material,
): { pixels: Uint8Array; label: number; box: Box } {
  const { size } = cifar10Layout;
  const draw = new Draw(0, split, index);
  const pixels = new Float64Array(3 * size * size);
  paste(pixels, size, photograph(draw, material), [0, 0, size, size]);
  const ink = inked(material.digits, index);
  const [width, height] = sidesOf(ink, draw.between(22, 30), size, draw);
  const box = placeFor(width, height, size, [], draw)!;
  write(pixels, size, ink, box, draw);
  return { pixels: Uint8Array.from(pixels, value => Math.round(value)), label: ink.label, box };
}

/** Which of the images a canvas is drawn from. */
export type Split = 'train' | 'test';

/** Random integers of one canvas. */
class Draw {
  readonly #words = new Uint32Array(4096);
  #next = 0;

  constructor(seed: number, split: Split, index: number) {
    randomWords({ seed, purpose: 'canvas', epoch: split === 'train' ? 0 : 1, index }, this.#words);
  }

  below(bound: number): number {
    return integerBelow(bound, this.#words[this.#next++]!);
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
}

/** A picture of some channels. */
interface Picture {
  channels: number;
  width: number;
  height: number;
  pixels: ArrayLike<number>;
}

function photograph(draw: Draw, { photographs }: Material): Picture {
  const { imageBytes, size } = cifar10Layout;
  const image = draw.below(photographs.count);
  const pixels = photographs.pixels.subarray(image * imageBytes, (image + 1) * imageBytes);
  return { channels: 3, width: size, height: size, pixels };
}

/** The part of a digit's image that holds its ink, and which digit it is. */
function inked({ pixels, labels }: Digits, index: number): Picture & { label: number } {
  const image = pixels.subarray(index * digitSize ** 2, (index + 1) * digitSize ** 2);
  let [left, top, right, bottom] = [digitSize, digitSize, 0, 0];
  for (const [i, value] of image.entries()) {
    if (value <= 40) continue;
    const [x, y] = [i % digitSize, Math.floor(i / digitSize)];
    [left, top, right, bottom] = [
      Math.min(left, x),
      Math.min(top, y),
      Math.max(right, x + 1),
      Math.max(bottom, y + 1),
    ];
  }
  const [width, height] = [right - left, bottom - top];
  const own = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    own.set(image.subarray((top + y) * digitSize + left, (top + y) * digitSize + right), y * width);
  return { channels: 1, width, height, pixels: own, label: labels[index]! };
}

/** Width and height that a digit is drawn at: about its own proportions. */
function sidesOf({ width, height }: Picture, drawn: number, size: number, draw: Draw): [number, number] {
  const stretch = draw.between(80, 120) / 100;
  return [Math.min(size, Math.max(5, Math.round((drawn * width * stretch) / height))), Math.min(size, drawn)];
}

function placeFor(
  width: number,
  height: number,
  size: number,
  others: Canvas['objects'],
  draw: Draw,
): Box | null {
  for (let attempt = 0; attempt < 20; attempt++) {
    const [left, top] = [draw.between(0, size - width), draw.between(0, size - height)];
    const box: Box = [left, top, left + width, top + height];
    const isFree = others.every(
      ({ box: other }) => 4 * intersection(box, other) <= Math.min(area(box), area(other)),
    );
    if (isFree) return box;
  }
  return null;
}

/** Draws a digit in a colour that is at some distance from the mean of what lies behind it. */
function write(pixels: Float64Array, size: number, ink: Picture, box: Box, draw: Draw): void {
  const [left, top, right, bottom] = box;
  const [width, height] = [right - left, bottom - top];
  const at = (channel: number, x: number, y: number) => (channel * size + top + y) * size + left + x;
  const means = [0, 0, 0].map((_, channel) => {
    let sum = 0;
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sum += pixels[at(channel, x, y)]!;
    return sum / (width * height);
  });
  let colour = [0, 0, 0];
  for (let attempt = 0; attempt < 10; attempt++) {
    colour = colour.map(() => draw.below(256));
    if (colour.reduce((sum, value, i) => sum + Math.abs(value - means[i]!), 0) > 150) break;
  }
  const covered = resized(ink, width, height);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const share = covered[y * width + x]! / 255;
        const place = at(channel, x, y);
        pixels[place] = pixels[place]! * (1 - share) + colour[channel]! * share;
      }
    }
  }
}

function paste(pixels: Float64Array, size: number, picture: Picture, [left, top, right, bottom]: Box): void {
  const [width, height] = [right - left, bottom - top];
  const found = resized(picture, width, height);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      const row = found.subarray((channel * height + y) * width, (channel * height + y + 1) * width);
      pixels.set(row, (channel * size + top + y) * size + left);
    }
  }
}

/** A picture at another size: means weighted by triangles that are as wide as a pixel of the coarser one. */
function resized(
  { channels, width, height, pixels }: Picture,
  toWidth: number,
  toHeight: number,
): Float64Array {
  const [columns, rows] = [weightsFor(width, toWidth), weightsFor(height, toHeight)];
  const out = new Float64Array(channels * toWidth * toHeight);
  const between = new Float64Array(height * toWidth);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < toWidth; x++)
        between[y * toWidth + x] = columns[x]!.reduce(
          (sum, { from, weight }) => sum + weight * pixels[(channel * height + y) * width + from]!,
          0,
        );
    for (let y = 0; y < toHeight; y++)
      for (let x = 0; x < toWidth; x++)
        out[(channel * toHeight + y) * toWidth + x] = rows[y]!.reduce(
          (sum, { from, weight }) => sum + weight * between[from * toWidth + x]!,
          0,
        );
  }
  return out;
}

function weightsFor(from: number, to: number): { from: number; weight: number }[][] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const all = Array.from({ length: from }, (_, j) => ({
      from: j,
      weight: Math.max(0, 1 - Math.abs(j - centre) / reach),
    })).filter(({ weight }) => weight > 0);
    const sum = all.reduce((total, { weight }) => total + weight, 0);
    return all.map(each => ({ ...each, weight: each.weight / sum }));
  });
}
