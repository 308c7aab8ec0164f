import { crop } from '../../../ml/data/cifar10/batches.ts';
import { perPixelMean, prepareImages } from '../../../ml/data/cifar10/prepare.ts';
import { loadDigitBoxes, loadDigitCrops } from '../../../ml/data/digits/sources.ts';
import type { ImageSet } from '../../../ml/data/spec.ts';
import { type Box, clipped } from '../../../ml/detection/boxes.ts';
import { UserError } from '../../errors.ts';
import type { TrainSpec } from './spec.ts';

/** Images with one object each. */
export interface ObjectImages {
  images: ImageSet;
  /** In pixels of the images as they are used. */
  boxes: readonly Box[];
}

/** The images of a localiser: training and test, and the mean that is subtracted. */
export interface LocalisationData {
  train: ObjectImages;
  test: ObjectImages;
  mean: Float32Array;
}

/** Opens the images of a folder. */
export async function openData(data: TrainSpec['data'], folder: string): Promise<LocalisationData> {
  if (data.set !== 'digits-loc') throw new UserError("ImageNet's localisation set is not read here.");
  const [sets, boxes] = [await loadDigitCrops(folder), await loadDigitBoxes(folder)];
  const downsample = data.downsample as 1 | 2 | 4;
  const scaled = (all: readonly Box[], count: number) =>
    all.slice(0, count).map(box => box.map(side => side / downsample) as unknown as Box);
  const train = prepareImages(sets.train, downsample, data.trainImages);
  const test = prepareImages(sets.test, downsample, data.testImages);
  return {
    train: { images: train, boxes: scaled(boxes.train, train.count) },
    test: { images: test, boxes: scaled(boxes.test, test.count) },
    mean: perPixelMean(train),
  };
}

/** Writes a crop of an image, padded with zeros, to a place of `out`; the object's box as it then lies. */
export function writeCrop(
  { images, boxes }: ObjectImages,
  mean: Float32Array,
  image: number,
  [top, left, flipped]: readonly [number, number, boolean],
  out: Float32Array,
  slot: number,
): Box {
  const { size } = images;
  crop(images, mean, image, top, left, flipped, out, slot);
  const box = boxes[image]!;
  const seen: Box = flipped ? [size - box[2], box[1], size - box[0], box[3]] : box;
  return clipped([seen[0] - left, seen[1] - top, seen[2] - left, seen[3] - top], size, size);
}

/**
 * Writes a region of an image, warped to a square of `size` pixels by bilinear interpolation, to a place of `out`,
 * [.., 3, size, size]: the mean subtracted before.
 */
export function writeRegion(
  { images }: ObjectImages,
  mean: Float32Array,
  image: number,
  [left, top, right, bottom]: Box,
  size: number,
  out: Float32Array,
  slot: number,
): void {
  const { pixels, scale, channels, size: own } = images;
  const plane = own * own;
  const along = (low: number, high: number, i: number) =>
    Math.min(Math.max(low + ((i + 0.5) * (high - low)) / size - 0.5, 0), own - 1);
  for (let channel = 0; channel < channels; channel++) {
    const value = (y: number, x: number) => {
      const at = channel * plane + y * own + x;
      return pixels[image * channels * plane + at]! * scale - mean[at]!;
    };
    for (let i = 0; i < size; i++) {
      const y = along(top, bottom, i);
      const [y0, y1] = [Math.floor(y), Math.min(Math.floor(y) + 1, own - 1)];
      for (let j = 0; j < size; j++) {
        const x = along(left, right, j);
        const [x0, x1] = [Math.floor(x), Math.min(Math.floor(x) + 1, own - 1)];
        const upper = value(y0, x0) + (value(y0, x1) - value(y0, x0)) * (x - x0);
        const lower = value(y1, x0) + (value(y1, x1) - value(y1, x0)) * (x - x0);
        out[((slot * channels + channel) * size + i) * size + j] = upper + (lower - upper) * (y - y0);
      }
    }
  }
}
