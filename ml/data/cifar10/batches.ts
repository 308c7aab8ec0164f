import { integerBelow, randomWords } from '../../optim/random.ts';
import type { Batches } from '../images.ts';
import { EpochOrder } from '../order.ts';
import type { CifarData, ImageSet } from '../spec.ts';

/** What training batches are made of. `mean`: per-pixel mean to subtract, in pixel units. */
export interface TrainingOptions {
  train: ImageSet;
  mean: Float32Array;
  seed: number;
  batch: number;
  augmentation: CifarData['augmentation'];
}

/**
 * Training batches as a pure function of the iteration: every epoch is a permutation of the images, drawn from
 * (seed, epoch); crop and flip of an image are drawn from (seed, epoch, image). "4 pixels are padded on each side,
 * and a 32x32 crop is randomly sampled from the padded image or its horizontal flip" (sec. 4.2). The mean is
 * subtracted before, so padded pixels are 0. Pixels are not divided by a deviation; the paper mentions none.
 */
export class TrainingBatches implements Batches {
  readonly #options: TrainingOptions;
  readonly #order: EpochOrder;
  readonly #words = new Uint32Array(4);

  constructor(options: TrainingOptions) {
    this.#options = options;
    this.#order = new EpochOrder(options.seed, options.train.count);
  }

  fill(iteration: number, out: { images: Float32Array; labels: Int32Array }): void {
    const { train, mean, seed, batch, augmentation } = this.#options;
    const { pad, flip } = augmentation;
    for (let j = 0; j < batch; j++) {
      const { epoch, image } = this.#order.at(iteration * batch + j);
      randomWords({ seed, purpose: 'augmentation', epoch, index: image }, this.#words);
      const [down, right, side] = this.#words as unknown as [number, number, number];
      const flipped = flip && integerBelow(2, side) === 1;
      const top = integerBelow(2 * pad + 1, down) - pad;
      const left = integerBelow(2 * pad + 1, right) - pad;
      crop(train, mean, image, top, left, flipped, out.images, j);
      out.labels[j] = train.labels[image]!;
    }
  }
}

/** Writes `count` images from `start` on, the mean subtracted and nothing else done to them. */
export function fillEvaluation(
  set: ImageSet,
  mean: Float32Array,
  start: number,
  count: number,
  images: Float32Array,
): void {
  const { pixels, scale } = set;
  const features = mean.length;
  for (let image = 0; image < count; image++) {
    const from = (start + image) * features;
    const to = image * features;
    for (let i = 0; i < features; i++) images[to + i] = pixels[from + i]! * scale - mean[i]!;
  }
}

/**
 * Writes the window whose corner lies `top` rows and `left` columns from that of the (flipped) image, to place
 * `slot` of `out`; what lies outside of the image is 0.
 */
export function crop(
  { pixels, scale, channels, size }: ImageSet,
  mean: Float32Array,
  image: number,
  top: number,
  left: number,
  flipped: boolean,
  out: Float32Array,
  slot: number,
): void {
  const plane = size * size;
  const first = image * channels * plane;
  const begin = slot * channels * plane;
  out.fill(0, begin, begin + channels * plane);
  const [y0, y1] = [Math.max(0, -top), Math.min(size, size - top)];
  const [x0, x1] = [Math.max(0, -left), Math.min(size, size - left)];
  const step = flipped ? -1 : 1;
  const column = flipped ? size - 1 - left - x0 : left + x0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = y0; y < y1; y++) {
      let from = channel * plane + (y + top) * size + column;
      const row = begin + channel * plane + y * size;
      for (let x = x0; x < x1; x++, from += step) out[row + x] = pixels[first + from]! * scale - mean[from]!;
    }
  }
}
