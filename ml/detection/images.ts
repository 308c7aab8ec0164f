import type { Box } from './boxes.ts';

/** Images in memory as a detector sees them: in the upper left of squares, zero around. */
export interface DetectionImages {
  count: number;
  /** Height and width of the squares, in pixels. */
  size: number;
  /** [count, 3, size, size], 0 to 255; what lies outside of an image is 0. */
  pixels: Uint8Array;
  /** Width and height of each image in its square. */
  extents: readonly (readonly [number, number])[];
  /** Pixels of the square that one pixel of the annotated image is. */
  scales: readonly number[];
  /** Objects of each image by class, in pixels of the square; those of a crowd are left out. */
  objects: readonly (readonly { class: number; box: Box; difficult: boolean }[])[];
}

/** The mean of each channel over the images themselves, in pixel units. */
export function channelMeans({ count, size, pixels, extents }: DetectionImages): Float32Array {
  const sums = [0, 0, 0];
  let area = 0;
  for (let image = 0; image < count; image++) {
    const [width, height] = extents[image]!;
    area += width * height;
    for (let channel = 0; channel < 3; channel++) {
      const plane = (image * 3 + channel) * size * size;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) sums[channel]! += pixels[plane + y * size + x]!;
    }
  }
  return Float32Array.from(sums, sum => sum / area);
}

/** Writes an image, the mean subtracted, perhaps mirrored, to place `slot` of `out`, [.., 3, size, size]; zero around it. */
export function writeImage(
  { size, pixels, extents }: DetectionImages,
  image: number,
  means: Float32Array,
  flipped: boolean,
  out: Float32Array,
  slot: number,
): void {
  const [width, height] = extents[image]!;
  const plane = size * size;
  out.fill(0, slot * 3 * plane, (slot + 1) * 3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const [from, to] = [(image * 3 + channel) * plane, (slot * 3 + channel) * plane];
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
