import { DataError } from '../../errors.ts';
import { imageChannels } from '../../nets/spec.ts';
import type { ImageView } from '../images.ts';
import { resizePlanes } from '../resize.ts';
import type { ImageNetData, TestSpec } from '../spec.ts';
import { writeCrop } from './batches.ts';
import type { CropPosition, Decode } from './decode-pool.ts';
import type { ImageNetIndex } from './files.ts';

/** What test views of ImageNet are made of. `mean`: [3, crop, crop], in pixel units. */
export interface ImageNetViewsOptions {
  index: ImageNetIndex;
  data: Pick<ImageNetData, 'crop' | 'testShorterSide'>;
  mean: Float32Array;
  decode: Decode;
}

const centre: CropPosition = { down: 0.5, right: 0.5 };
const tenCropWindows: readonly CropPosition[] = [
  ...[0, 1].flatMap(down => [0, 1].map(right => ({ down, right }))),
  centre,
];

/** The central crop of the image at the test's shorter side: "1-crop". */
export function centreCrop(options: ImageNetViewsOptions): ImageView {
  const { data, mean } = options;
  const reader = new Reader(options, data.testShorterSide, data.crop, [centre]);
  return { size: data.crop, fill: (start, count, out) => reader.fill(start, count, 0, false, mean, out) };
}

/**
 * The views that a test protocol averages over. Ten crops: corners and centre of the image at the test's shorter side,
 * and their flips. Several scales: the paper leaves open what becomes of images that are not square; here it is the
 * central square at each shorter side, and its flip, less the mean resized to it.
 *
 * Views of the same size share what was decoded for the same images, and the images after those asked for are decoded
 * meanwhile: two batches of bytes are held for each size.
 */
export function imageNetViews(test: TestSpec, options: ImageNetViewsOptions): ImageView[] {
  const { data, mean } = options;
  if (test.name === 'tenCrop') {
    if (test.pad !== 0) throw new DataError('ten crops of ImageNet are not padded', 'set pad to 0');
    const reader = new Reader(options, data.testShorterSide, data.crop, tenCropWindows);
    return tenCropWindows.flatMap((_, window) => views(reader, data.crop, window, mean, true));
  }
  return test.sizes.flatMap(size => {
    const resized = new Float32Array(imageChannels * size * size);
    resizePlanes(mean, data.crop, size, resized);
    return views(new Reader(options, size, size, [centre]), size, 0, resized, test.flip);
  });
}

function views(reader: Reader, size: number, window: number, mean: Float32Array, flip: boolean): ImageView[] {
  return (flip ? [false, true] : [false]).map(flipped => ({
    size,
    fill: (start, count, out) => reader.fill(start, count, window, flipped, mean, out),
  }));
}

const noShift = [0, 0, 0];

/** Windows of consecutive images at one size; keeps those of the last images asked for, and of the next ones. */
class Reader {
  readonly #options: ImageNetViewsOptions;
  readonly #shorterSide: number;
  readonly #size: number;
  readonly #windows: readonly CropPosition[];
  #decoded = new Map<number, Promise<Uint8Array>>();

  constructor(
    options: ImageNetViewsOptions,
    shorterSide: number,
    size: number,
    windows: readonly CropPosition[],
  ) {
    this.#options = options;
    this.#shorterSide = shorterSide;
    this.#size = size;
    this.#windows = windows;
  }

  async fill(
    start: number,
    count: number,
    window: number,
    flipped: boolean,
    mean: Float32Array,
    out: Float32Array,
  ): Promise<void> {
    const end = Math.min(start + 2 * count, this.#options.index.count);
    const kept = new Map<number, Promise<Uint8Array>>();
    for (let image = start; image < end; image++)
      kept.set(image, this.#decoded.get(image) ?? this.#decode(image));
    this.#decoded = kept;
    const values = imageChannels * this.#size ** 2;
    for (let i = 0; i < count; i++) {
      const planes = (await kept.get(start + i)!).subarray(window * values, (window + 1) * values);
      writeCrop(planes, this.#size, mean, noShift, flipped, out, i);
    }
  }

  #decode(image: number): Promise<Uint8Array> {
    const { index, decode } = this.#options;
    const crops = decode({
      file: index.file(image),
      shorterSide: this.#shorterSide,
      size: this.#size,
      windows: this.#windows,
    });
    crops.catch(() => {}); // reported when its batch is asked for
    return crops;
  }
}
