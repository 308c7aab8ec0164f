import { imageChannels } from '../../nets/spec.ts';
import { integerBelow, normals, randomWords } from '../../optim/random.ts';
import { Ahead } from '../ahead.ts';
import type { Batches } from '../images.ts';
import { EpochOrder } from '../order.ts';
import type { ImageNetData } from '../spec.ts';
import type { Decode } from './decode-pool.ts';
import type { ImageNetIndex } from './files.ts';

/** What training batches of ImageNet are made of. `mean`: [3, crop, crop], in pixel units. */
export interface ImageNetBatchesOptions {
  index: ImageNetIndex;
  data: ImageNetData;
  mean: Float32Array;
  seed: number;
  batch: number;
  decode: Decode;
  /** Batches that are decoded while one is being used. */
  ahead?: number;
}

/**
 * Principal components of the RGB values of ImageNet's training pixels, scaled to [0, 1]: variances, and directions as
 * columns. Krizhevsky et al. (2012) printed none; these are of fb.resnet.torch (datasets/imagenet.lua), rounded there.
 */
export const colourComponents = {
  variances: [0.2175, 0.0188, 0.0045],
  directions: [
    [-0.5675, 0.7192, 0.4009],
    [-0.5808, -0.0045, -0.814],
    [-0.5836, -0.6948, 0.4203],
  ],
} as const;

/** How one image enters a batch. */
interface Sample {
  label: number;
  crop: Promise<Uint8Array>;
  flipped: boolean;
  /** What is added to red, green and blue, in pixel units. */
  shift: readonly number[];
}

/**
 * Training batches of ImageNet (sec. 3.4), a pure function of the iteration as those of `TrainingBatches` are: "the image
 * is resized with its shorter side randomly sampled in [256, 480] [...]. A 224x224 crop is randomly sampled from an image
 * or its horizontal flip, with the per-pixel mean subtracted [...]. The standard color augmentation in [21] is used."
 * The mean is subtracted before the flip, as from CIFAR images. Files are decoded ahead of the loop; at most `ahead` + 1
 * batches of bytes are held.
 */
export class ImageNetBatches implements Batches {
  readonly #options: ImageNetBatchesOptions;
  readonly #order: EpochOrder;
  readonly #started: Ahead<Sample[]>;

  constructor(options: ImageNetBatchesOptions) {
    this.#options = options;
    this.#order = new EpochOrder(options.seed, options.index.count);
    this.#started = new Ahead(iteration => this.#start(iteration), options.ahead ?? 2);
  }

  async fill(iteration: number, out: { images: Float32Array; labels: Int32Array }): Promise<void> {
    const { data, mean } = this.#options;
    for (const [j, { label, crop, flipped, shift }] of this.#started.take(iteration).entries()) {
      writeCrop(await crop, data.crop, mean, shift, flipped, out.images, j);
      out.labels[j] = label;
    }
  }

  #start(iteration: number): Sample[] {
    const { batch } = this.#options;
    return Array.from({ length: batch }, (_, j) => this.#sample(iteration * batch + j));
  }

  #sample(position: number): Sample {
    const { index, data, seed, decode } = this.#options;
    const { epoch, image } = this.#order.at(position);
    const words = new Uint32Array(4);
    randomWords({ seed, purpose: 'augmentation', epoch, index: image }, words);
    const [scale, down, right, side] = words as unknown as [number, number, number, number];
    const [shortest, longest] = data.shorterSide;
    const crop = decode({
      file: index.file(image),
      shorterSide: shortest + integerBelow(longest - shortest + 1, scale),
      size: data.crop,
      windows: [{ down: down / 2 ** 32, right: right / 2 ** 32 }],
    });
    crop.catch(() => {}); // reported when its batch is asked for
    return {
      label: index.labels[image]!,
      crop,
      flipped: integerBelow(2, side) === 1,
      shift: data.colour ? colourShift(seed, epoch, image) : [0, 0, 0],
    };
  }
}

/**
 * AlexNet's colour augmentation: to every pixel "we add [p1, p2, p3][a1 l1, a2 l2, a3 l3]^T", the components' directions
 * times their variances times a ~ N(0, 0.1^2). Read for pixels in [0, 1], where the shift along the first component
 * has a deviation of 0.022, 5.5 of 255; in [0, 255] the same formula would drown the image.
 */
export function colourShift(seed: number, epoch: number, image: number): number[] {
  const alpha = new Float32Array(3);
  normals({ seed, purpose: 'colour', epoch, index: image }, 0.1, alpha);
  const { variances, directions } = colourComponents;
  return directions.map(row => 255 * row.reduce((sum, p, i) => sum + p * alpha[i]! * variances[i]!, 0));
}

/**
 * Writes three planes of bytes to place `slot` of a batch, plus `shift`, less the mean, then reflected if asked for.
 */
export function writeCrop(
  planes: Uint8Array,
  size: number,
  mean: Float32Array,
  shift: readonly number[],
  flipped: boolean,
  out: Float32Array,
  slot: number,
): void {
  const plane = size * size;
  const begin = slot * imageChannels * plane;
  for (let channel = 0; channel < imageChannels; channel++) {
    const add = shift[channel]!;
    for (let y = 0; y < size; y++) {
      const row = channel * plane + y * size;
      let to = begin + row + (flipped ? size - 1 : 0);
      const step = flipped ? -1 : 1;
      for (let from = row; from < row + size; from++, to += step) out[to] = planes[from]! + add - mean[from]!;
    }
  }
}
