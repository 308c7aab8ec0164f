import { DataError } from '../../errors.ts';
import type { ImageSet } from '../spec.ts';

/**
 * The first `count` images of a set, averaged over squares of `downsample` pixels. Sums are kept instead of means,
 * with the divisor in `scale`, so that nothing is rounded.
 */
export function prepareImages(set: ImageSet, downsample: 1 | 2 | 4, count: number): ImageSet {
  if (count > set.count) {
    throw new DataError(
      `${count} images asked for, but the set has ${set.count}`,
      `ask for at most ${set.count} images`,
    );
  }
  const { channels, size } = set;
  const first = set.pixels.subarray(0, count * channels * size * size);
  const labels = set.labels.subarray(0, count);
  if (downsample === 1) return { ...set, count, pixels: first, labels };
  const pixels = sumSquares(first, size, downsample);
  return { count, channels, size: size / downsample, pixels, scale: set.scale / downsample ** 2, labels };
}

/**
 * "With the per-pixel mean subtracted" (sec. 4.2): the mean over a set's images of each channel and position, in
 * units of pixels (0 to 255); shape [channels, size, size].
 */
export function perPixelMean(set: ImageSet): Float32Array {
  const { pixels, count, scale } = set;
  const features = set.channels * set.size * set.size;
  const sums = new Float64Array(features);
  for (let image = 0; image < count; image++) {
    const at = image * features;
    for (let i = 0; i < features; i++) sums[i]! += pixels[at + i]!;
  }
  return Float32Array.from(sums, sum => (sum * scale) / count);
}

/** Planes of size x size, one after the other, to planes of sums over k x k squares. */
function sumSquares(pixels: Uint8Array | Uint16Array, size: number, k: number): Uint16Array {
  const small = size / k;
  const rows = pixels.length / size;
  const sums = new Uint16Array((rows / k) * small);
  for (let row = 0; row < rows; row++) {
    const to = Math.floor(row / k) * small;
    for (let x = 0; x < small; x++) {
      const from = row * size + x * k;
      let sum = 0;
      for (let i = 0; i < k; i++) sum += pixels[from + i]!;
      sums[to + x]! += sum;
    }
  }
  return sums;
}
