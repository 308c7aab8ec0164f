import type { Box } from './boxes.ts';

/** Images as a detector sees them, in memory or in files: in the upper left of squares, zero around. */
export interface DetectionImages {
  count: number;
  /** Height and width of the squares, in pixels. */
  size: number;
  /** The square of an image, [3, size, size], 0 to 255; it may be used until the next one is asked for. */
  square(image: number): Uint8Array | Promise<Uint8Array>;
  /** Width and height of each image in its square. */
  extents: readonly (readonly [number, number])[];
  /** Pixels of the square that one pixel of the annotated image is. */
  scales: readonly number[];
  /** Objects of each image by class, in pixels of the square; those of a crowd are left out. */
  objects: readonly (readonly { class: number; box: Box; difficult: boolean }[])[];
}

/** Images that means are taken over at most. */
const most = 10_000;

/** The mean of each channel over the images themselves, the first 10,000 of them, in pixel units. */
export async function channelMeans(images: DetectionImages): Promise<Float32Array> {
  const { count, size, extents } = images;
  const sums = [0, 0, 0];
  let area = 0;
  for (let image = 0; image < Math.min(count, most); image++) {
    const [width, height] = extents[image]!;
    area += width * height;
    const pixels = await images.square(image);
    for (let channel = 0; channel < 3; channel++) {
      const plane = channel * size * size;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) sums[channel]! += pixels[plane + y * size + x]!;
    }
  }
  return Float32Array.from(sums, sum => sum / area);
}

/** Writes an image, the mean subtracted, perhaps mirrored, to place `slot` of `out`, [.., 3, size, size]; zero around it. */
export async function writeImage(
  images: DetectionImages,
  image: number,
  means: Float32Array,
  flipped: boolean,
  out: Float32Array,
  slot: number,
): Promise<void> {
  const { size } = images;
  const [width, height] = images.extents[image]!;
  const pixels = await images.square(image);
  const plane = size * size;
  out.fill(0, slot * 3 * plane, (slot + 1) * 3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const [from, to] = [channel * plane, (slot * 3 + channel) * plane];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const source = flipped ? width - 1 - x : x;
        out[to + y * size + x] = pixels[from + y * size + source]! - means[channel]!;
      }
    }
  }
}

/** A box of a mirrored image. */
export function mirrored([left, top, right, bottom]: Box, width: number): Box {
  return [width - right, top, width - left, bottom];
}
