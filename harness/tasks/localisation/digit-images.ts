import { crop, fillEvaluation } from '../../../ml/data/cifar10/batches.ts';
import { perPixelMean, prepareImages } from '../../../ml/data/cifar10/prepare.ts';
import { loadDigitBoxes, loadDigitCrops } from '../../../ml/data/digits/sources.ts';
import { resizePlanes } from '../../../ml/data/resize.ts';
import type { ImageSet } from '../../../ml/data/spec.ts';
import { type Box, clipped } from '../../../ml/detection/boxes.ts';
import { mirrored } from '../../../ml/detection/images.ts';
import { integerBelow } from '../../../ml/optim/random.ts';
import {
  type Crop,
  type LocalisationData,
  type RegionSource,
  type TrainingImages,
  type View,
  warpRegion,
} from './images.ts';
import type { DigitsData } from './spec.ts';

/** Opens the digits of a folder; they are squares in memory, less their per-pixel mean. */
export async function openDigits(data: DigitsData, folder: string): Promise<LocalisationData> {
  const [sets, boxes] = [await loadDigitCrops(folder), await loadDigitBoxes(folder)];
  const downsample = data.downsample as 1 | 2 | 4;
  const scaled = (all: readonly Box[], count: number) =>
    all.slice(0, count).map(box => box.map(side => side / downsample) as unknown as Box);
  const train = prepareImages(sets.train, downsample, data.trainImages);
  const test = prepareImages(sets.test, downsample, data.testImages);
  const mean = perPixelMean(train);
  return {
    train: digitImages(train, scaled(boxes.train, train.count), mean, data.augmentation),
    test: digitImages(test, scaled(boxes.test, test.count), mean, data.augmentation),
    close: async () => {},
  };
}

/** Square images in memory with one object each. */
export function digitImages(
  images: ImageSet,
  boxes: readonly Box[],
  mean: Float32Array,
  augmentation: DigitsData['augmentation'],
): TrainingImages {
  const { count, labels, size } = images;
  const source = (image: number) => regionSource(images, mean, image);
  const view = (at: number) => squareView(images, mean, at);
  return {
    ...{ count, labels, dense: view, source },
    extent: () => [size, size],
    boxes: image => [boxes[image]!],
    oneCrop: () => view(size),
    whole: () => view(size),
    sources: () => source,
    ahead: 0,
    crop: (image, words) => randomCrop(images, boxes[image]!, mean, image, words, augmentation),
  };
}

/** A crop of the padded image: down, right and mirrored by the first three words. */
function randomCrop(
  images: ImageSet,
  object: Box,
  mean: Float32Array,
  image: number,
  words: Uint32Array,
  { pad, flip }: DigitsData['augmentation'],
): Crop {
  const [down, right, side] = words as unknown as [number, number, number];
  const [top, left] = [integerBelow(2 * pad + 1, down) - pad, integerBelow(2 * pad + 1, right) - pad];
  const flipped = flip && integerBelow(2, side) === 1;
  const { size } = images;
  const seen = flipped ? mirrored(object, size) : object;
  const box = clipped([seen[0] - left, seen[1] - top, seen[2] - left, seen[3] - top], size, size);
  return {
    boxes: [box],
    write: (out, slot) => crop(images, mean, image, top, left, flipped, out, slot),
  };
}

function regionSource(
  { pixels, scale, channels, size }: ImageSet,
  mean: Float32Array,
  image: number,
): RegionSource {
  const plane = size * size;
  const begin = image * channels * plane;
  const value = (channel: number, y: number, x: number) => {
    const at = channel * plane + y * size + x;
    return pixels[begin + at]! * scale - mean[at]!;
  };
  return {
    warp: (region, to, out, slot) => warpRegion({ columns: size, rows: size, value }, region, to, out, slot),
  };
}

/** Whole images resized to squares of another size. */
function squareView(images: ImageSet, mean: Float32Array, size: number): View {
  const scale = images.size / size;
  return {
    size,
    fill(first, count, out) {
      const whole = new Float32Array(count * mean.length);
      fillEvaluation(images, mean, first, count, whole);
      resizePlanes(whole, images.size, size, out);
    },
    extent: () => [size, size],
    annotated: (_, box) => box.map(side => side * scale) as unknown as Box,
  };
}
