import type { ImageView } from '../images.ts';
import { flipRows, resizePlanes } from '../resize.ts';
import type { ImageSet, TestSpec } from '../spec.ts';
import { crop, fillEvaluation } from './batches.ts';

/** The image as it is: the only view of sec. 4.2. */
export function singleView(set: ImageSet, mean: Float32Array): ImageView {
  return { size: set.size, fill: (start, count, out) => fillEvaluation(set, mean, start, count, out) };
}

/** The views that a test protocol averages over, of images in memory. `mean`: [channels, size, size], in pixel units. */
export function testViews(test: TestSpec, set: ImageSet, mean: Float32Array): ImageView[] {
  return test.name === 'tenCrop' ? tenCrop(test.pad, set, mean) : multiScale(test, set, mean);
}

/**
 * "(The four corner patches and the center patch) as well as their horizontal reflections (hence ten patches in all)"
 * (Krizhevsky et al. 2012, the paper's ref. 21): of the size of the image, from the image with `pad` zeros around it.
 */
function tenCrop(pad: number, set: ImageSet, mean: Float32Array): ImageView[] {
  const corners = [-pad, pad].flatMap(top => [-pad, pad].map(left => [top, left] as const));
  return [...corners, [0, 0] as const].flatMap(([top, left]) =>
    // The reflection of a window is the window at the other side of the reflected image.
    ([false, true] as const).map(flipped => ({
      size: set.size,
      fill(start: number, count: number, out: Float32Array) {
        for (let i = 0; i < count; i++) {
          crop(set, mean, start + i, top, flipped ? -left : left, flipped, out, i);
        }
      },
    })),
  );
}

/** "We adopt the fully-convolutional form [...], and average the scores at multiple scales" (sec. 3.4); with flips. */
function multiScale(
  { sizes, flip }: Extract<TestSpec, { name: 'multiScale' }>,
  set: ImageSet,
  mean: Float32Array,
): ImageView[] {
  return sizes.flatMap(size =>
    (flip ? [false, true] : [false]).map(flipped => ({
      size,
      fill(start: number, count: number, out: Float32Array) {
        const whole = new Float32Array(count * mean.length);
        fillEvaluation(set, mean, start, count, whole);
        resizePlanes(whole, set.size, size, out);
        if (flipped) flipRows(out, size, count * set.channels * size ** 2);
      },
    })),
  );
}
