import { Ahead } from '../../../ml/data/ahead.ts';
import {
  type LocalisationList,
  type LocatedObjects,
  readObjects,
} from '../../../ml/data/ilsvrc-loc/files.ts';
import { corner } from '../../../ml/data/imagenet/decode.ts';
import { type Decode, DecodePool, type PartJob } from '../../../ml/data/imagenet/decode-pool.ts';
import { imageNetMean } from '../../../ml/data/imagenet/mean.ts';
import { type Box, clipped } from '../../../ml/detection/boxes.ts';
import { mirrored } from '../../../ml/detection/images.ts';
import { localiserMap } from '../../../ml/detection/localiser.ts';
import { integerBelow } from '../../../ml/optim/random.ts';
import { exitCodes, UserError } from '../../errors.ts';
import type { OpenOptions } from '../task.ts';
import {
  type Crop,
  type LocalisationData,
  type RegionSource,
  type TrainingImages,
  type View,
  warpRegion,
} from './images.ts';
import { openLists } from './lists.ts';
import { longestOf, scaledTo } from './scaling.ts';
import type { PhotographsData, TrainSpec } from './spec.ts';

/** Opens ImageNet's localisation set in a folder. Pictures are decoded when they are used, some ahead of the loop. */
export async function openPhotographs(
  data: PhotographsData,
  { spec: { network }, data: planned, dataFolder, threads }: OpenOptions<TrainSpec>,
): Promise<LocalisationData> {
  const { train, val, digest } = await openLists(dataFolder, network.classes);
  if (digest !== planned)
    throw new UserError(`${dataFolder}: the images are not those that the run was planned with.`, {
      fix: 'run the same command again: their digest is part of the key of a run',
    });
  expectCount(dataFolder, 'train', train, data.trainImages);
  expectCount(dataFolder, 'val', val, data.testImages);
  const located = [await readObjects(train, data.trainImages), await readObjects(val, data.testImages)];
  const pool = new DecodePool(threads);
  const { decode } = pool;
  const options = { crop: data.size, testShorterSide: data.testShorterSide };
  const means = channelMeans(await imageNetMean({ ...train, digest }, options, decode));
  const { stride } = localiserMap({ network }, data.size);
  const common = { data, means, decode, stride };
  return {
    train: photographs({ ...common, list: train, objects: located[0]!, count: data.trainImages }),
    test: photographs({ ...common, list: val, objects: located[1]!, count: data.testImages }),
    close: () => pool.close(),
  };
}

interface Options {
  data: PhotographsData;
  list: LocalisationList;
  objects: LocatedObjects;
  count: number;
  /** Of each channel, in pixel units. */
  means: readonly number[];
  decode: Decode;
  /** Squares are multiples of it. */
  stride: number;
}

function photographs(options: Options): TrainingImages {
  const { data, list, objects, count } = options;
  const dense = (size: number) => wholeView(options, size);
  const source = (image: number) => regionSource(options, image);
  return {
    ...{ count, dense, source },
    labels: list.labels.subarray(0, count),
    extent: objects.extent,
    boxes: objects.boxes,
    oneCrop: () => centralView(options),
    whole: () => dense(data.testShorterSide),
    sources(end) {
      const decoded = new Ahead(source, sourcesAhead, end);
      return image => decoded.take(image);
    },
    ahead: 2,
    crop: (image, words) => randomCrop(options, image, words),
  };
}

/** Images that are decoded ahead of the one whose regions are classified. */
const sourcesAhead = 8;

/** Images of a batch of a view that are decoded ahead. */
const viewsAhead = 16;

/**
 * A crop as in the pretraining (sec. 3.4): the shorter side by the first word, its place from top and left as a fraction of
 * what is free by the next two, its reflection by the last.
 */
async function randomCrop(options: Options, image: number, words: Uint32Array): Promise<Crop> {
  const { data, objects, means } = options;
  const { size, flip } = data;
  const [scale, down, right, side] = words as unknown as [number, number, number, number];
  const [low, high] = data.shorterSide;
  const extent = objects.extent(image);
  const [columns, rows] = scaledTo(extent, low + integerBelow(high - low + 1, scale));
  const left = corner(columns, size, right / 2 ** 32);
  const top = corner(rows, size, down / 2 ** 32);
  const flipped = flip && integerBelow(2, side) === 1;
  const part = { left, top, width: size, height: size };
  const planes = await planesOf(options, image, { columns, rows, part });
  return {
    boxes: objects.boxes(image).map(box => {
      const [x0, y0, x1, y1] = scaledBox(box, columns / extent[0], rows / extent[1]);
      const seen = clipped([x0 - left, y0 - top, x1 - left, y1 - top], size, size);
      return flipped ? mirrored(seen, size) : seen;
    }),
    write: (out, slot) => writePlanes(planes, [size, size], means, flipped, size, out, slot),
  };
}

async function regionSource(options: Options, image: number): Promise<RegionSource> {
  const { data, objects, means } = options;
  const extent = objects.extent(image);
  const [columns, rows] = scaledTo(extent, data.regions, longestOf(data.regions));
  const planes = await planesOf(options, image, { columns, rows, part: wholeOf(columns, rows) });
  const value = (channel: number, y: number, x: number) =>
    planes[(channel * rows + y) * columns + x]! - means[channel]!;
  return {
    warp(region, size, out, slot) {
      const box = scaledBox(region, columns / extent[0], rows / extent[1]);
      warpRegion({ columns, rows, value }, box, size, out, slot);
    },
  };
}

/** Whole images by their shorter side, in squares that hold any of them. */
function wholeView(options: Options, shorter: number): View {
  const { objects, stride } = options;
  const longest = longestOf(shorter);
  const extent = (image: number) => scaledTo(objects.extent(image), shorter, longest);
  return view(options, Math.ceil(longest / stride) * stride, {
    extent,
    job(image) {
      const [columns, rows] = extent(image);
      return { columns, rows, part: wholeOf(columns, rows) };
    },
  });
}

/** The central crop of images at the test's shorter side. */
function centralView(options: Options): View {
  const { objects, data } = options;
  const { size, testShorterSide } = data;
  return view(options, size, {
    extent: () => [size, size],
    job(image) {
      const [columns, rows] = scaledTo(objects.extent(image), testShorterSide);
      const [left, top] = [corner(columns, size, 0.5), corner(rows, size, 0.5)];
      return { columns, rows, part: { left, top, width: size, height: size } };
    },
  });
}

/** What is decoded of an image, as it is resized. */
type Part = Omit<PartJob, 'file'>;

function view(
  options: Options,
  size: number,
  { extent, job }: { extent: View['extent']; job: (image: number) => Part },
): View {
  const { objects, means, count: end } = options;
  const decoded = new Ahead(image => planesOf(options, image, job(image)), viewsAhead, end);
  return {
    size,
    extent,
    async fill(first, count, out) {
      out.fill(0, 0, count * 3 * size * size);
      for (let slot = 0; slot < count; slot++) {
        const planes = await decoded.take(first + slot);
        writePlanes(planes, extent(first + slot), means, false, size, out, slot);
      }
    },
    annotated(image, [x0, y0, x1, y1]) {
      const [width, height] = objects.extent(image);
      const { columns, rows, part } = job(image);
      const moved: Box = [x0 + part.left, y0 + part.top, x1 + part.left, y1 + part.top];
      return scaledBox(moved, width / columns, height / rows);
    },
  };
}

function wholeOf(width: number, height: number): Part['part'] {
  return { left: 0, top: 0, width, height };
}

function planesOf({ decode, list }: Options, image: number, part: Part): Promise<Uint8Array> {
  return decode({ file: list.file(image), ...part });
}

function scaledBox([left, top, right, bottom]: Box, across: number, down: number): Box {
  return [left * across, top * down, right * across, bottom * down];
}

/** Writes planes of columns x rows bytes, less a mean each, to the upper left of a square of `out`. */
function writePlanes(
  planes: Uint8Array,
  [columns, rows]: readonly [number, number],
  means: readonly number[],
  flipped: boolean,
  size: number,
  out: Float32Array,
  slot: number,
): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < rows; y++) {
      const from = (channel * rows + y) * columns;
      const to = ((slot * 3 + channel) * size + y) * size;
      for (let x = 0; x < columns; x++)
        out[to + x] = planes[from + (flipped ? columns - 1 - x : x)]! - means[channel]!;
    }
  }
}

/** The mean of each plane of a mean image. */
function channelMeans(mean: Float32Array): number[] {
  const plane = mean.length / 3;
  return [0, 1, 2].map(channel => {
    return mean.subarray(channel * plane, (channel + 1) * plane).reduce((a, b) => a + b, 0) / plane;
  });
}

function expectCount(folder: string, part: string, { count }: LocalisationList, expected: number): void {
  if (count >= expected) return;
  throw new UserError(`${folder}: expected ${expected} images with boxes in ${part}, found ${count}.`, {
    fix: 'complete the folder from the official archives (ILSVRC, CLS-LOC)',
    exitCode: exitCodes.failed,
  });
}
