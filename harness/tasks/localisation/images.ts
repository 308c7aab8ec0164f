import type { Box } from '../../../ml/detection/boxes.ts';

/** The images of a localiser. */
export interface LocalisationData {
  train: TrainingImages;
  test: ObjectImages;
  close(): Promise<void>;
}

/** Images with objects of one class each, in memory or in files. Boxes are in pixels of the images as they were annotated. */
export interface ObjectImages {
  count: number;
  labels: ArrayLike<number>;
  /** Width and height of an image. */
  extent(image: number): readonly [width: number, height: number];
  /** The objects of an image, one or more. */
  boxes(image: number): readonly Box[];
  /** Whole images at one of the sizes of dense testing. */
  dense(size: number): View;
  /** The view of testing with one crop. */
  oneCrop(): View;
  /** Whole images as proposals to learn from are found in them. */
  whole(): View;
  /** An image that regions are cut out of. `end`: images before it may be decoded ahead. */
  sources(end: number): (image: number) => RegionSource | Promise<RegionSource>;
}

/** Images that are also trained on. */
export interface TrainingImages extends ObjectImages {
  /** A crop of an image that is drawn by four random words. */
  crop(image: number, words: Uint32Array): Crop | Promise<Crop>;
  /** An image that regions are cut out of, whichever is asked for next. */
  source(image: number): RegionSource | Promise<RegionSource>;
  /** Batches that are read while one is being used. */
  ahead: number;
}

/** What is seen of an image in a crop. */
export interface Crop {
  /** Where its objects then lie; one that is not seen has no area. */
  boxes: readonly Box[];
  /** Writes it to a place of `out`, [.., 3, size, size]: the mean subtracted. */
  write(out: Float32Array, slot: number): void;
}

/** An image that regions are cut out of. */
export interface RegionSource {
  /** Writes a region, warped to a square of `size` pixels, to a place of `out`, [.., 3, size, size]: the mean subtracted. */
  warp(region: Box, size: number, out: Float32Array, slot: number): void;
}

/** Images as they are tested: in the upper left of squares, zero around. */
export interface View {
  /** Height and width of the squares. */
  size: number;
  /** Writes the squares of `count` images from `first` on to the beginning of `out`: the mean subtracted. */
  fill(first: number, count: number, out: Float32Array): void | Promise<void>;
  /** Columns and rows of an image in its square. */
  extent(image: number): readonly [columns: number, rows: number];
  /** A box of the square in pixels of the image. */
  annotated(image: number, box: Box): Box;
}

/** Planes of numbers that can be read at any place, [channels, rows, columns]. */
export interface Planes {
  columns: number;
  rows: number;
  value(channel: number, y: number, x: number): number;
}

/** Warps a region of planes to a square of `size` pixels by bilinear interpolation, at a place of `out`, [.., 3, size, size]. */
export function warpRegion(
  { columns, rows, value }: Planes,
  [left, top, right, bottom]: Box,
  size: number,
  out: Float32Array,
  slot: number,
): void {
  const along = (low: number, high: number, i: number, most: number) =>
    Math.min(Math.max(low + ((i + 0.5) * (high - low)) / size - 0.5, 0), most - 1);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < size; i++) {
      const y = along(top, bottom, i, rows);
      const [y0, y1] = [Math.floor(y), Math.min(Math.floor(y) + 1, rows - 1)];
      for (let j = 0; j < size; j++) {
        const x = along(left, right, j, columns);
        const [x0, x1] = [Math.floor(x), Math.min(Math.floor(x) + 1, columns - 1)];
        const [a, b] = [value(channel, y0, x0), value(channel, y1, x0)];
        const upper = a + (value(channel, y0, x1) - a) * (x - x0);
        const lower = b + (value(channel, y1, x1) - b) * (x - x0);
        out[((slot * 3 + channel) * size + i) * size + j] = upper + (lower - upper) * (y - y0);
      }
    }
  }
}
