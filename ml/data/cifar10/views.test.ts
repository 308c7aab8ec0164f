import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageView } from '../images.ts';
import type { ImageSet, TestSpec } from '../spec.ts';
import { perPixelMean } from './prepare.ts';
import { singleView, testViews } from './views.ts';

function images(count: number, size: number): ImageSet {
  const pixels = Uint8Array.from(
    { length: count * 3 * size * size },
    (_, i) => 1 + ((i * 97 + i ** 2) % 255),
  );
  return { count, channels: 3, size, pixels, scale: 1, labels: new Uint8Array(count) };
}

function filled(view: ImageView, start: number, count: number): Float32Array {
  const out = new Float32Array(count * 3 * view.size ** 2).fill(Number.NaN);
  view.fill(start, count, out);
  return out;
}

const flipped = (plane: readonly number[][]) => plane.map(row => [...row].reverse());

/** The planes of an image as rows of pixels. */
function planes(values: Float32Array, size: number): number[][][] {
  const rows = Array.from({ length: values.length / size }, (_, y) => [
    ...values.subarray(y * size, (y + 1) * size),
  ]);
  return Array.from({ length: rows.length / size }, (_, p) => rows.slice(p * size, (p + 1) * size));
}

const anyTest: fc.Arbitrary<TestSpec> = fc.oneof(
  fc.record({ name: fc.constant('tenCrop' as const), pad: fc.integer({ min: 0, max: 4 }) }),
  fc.record({
    name: fc.constant('multiScale' as const),
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    flip: fc.boolean(),
  }),
);

describe('testViews', () => {
  it('of ten crops are the corners and the centre of the padded image, and of its flip', () => {
    const set = images(2, 5);
    const mean = perPixelMean(set);
    const [image] = planes(filled(singleView(set, mean), 1, 1), 5);
    const padded = Array.from({ length: 9 }, (_, y) =>
      Array.from({ length: 9 }, (_, x) => image![y - 2]?.[x - 2] ?? 0),
    );
    const corners = [0, 4].flatMap(top => [0, 4].map(left => [top, left]));
    const expected = [...corners, [2, 2]].flatMap(([top, left]) => {
      const window = padded.slice(top!, top! + 5).map(row => row.slice(left!, left! + 5));
      return [window, flipped(window)];
    });
    const views = testViews({ name: 'tenCrop', pad: 2 }, set, mean);
    expect(views.map(view => planes(filled(view, 1, 1), 5)[0])).toEqual(expected);
    expect(new Set(expected.map(String)).size).toBe(10);
  });

  it('of several scales are the image and its flip at each size', () => {
    const set = images(1, 4);
    const mean = new Float32Array(48);
    const views = testViews({ name: 'multiScale', sizes: [4, 2, 8], flip: true }, set, mean);
    expect(views.map(view => view.size)).toEqual([4, 4, 2, 2, 8, 8]);
    const [same, sameFlipped, half, , twice] = views.map(view => planes(filled(view, 0, 1), view.size));
    const whole = planes(Float32Array.from(set.pixels), 4);
    expect(same).toEqual(whole);
    expect(sameFlipped).toEqual(whole.map(flipped));
    const [p] = whole;
    expect(half![0]![0]![0]).toBe((p![0]![0]! + p![0]![1]! + p![1]![0]! + p![1]![1]!) / 4);
    expect(twice![0]![0]!.slice(0, 3)).toEqual([
      p![0]![0],
      0.75 * p![0]![0]! + 0.25 * p![0]![1]!,
      0.25 * p![0]![0]! + 0.75 * p![0]![1]!,
    ]);
    expect(twice![0]![7]![7]).toBe(p![3]![3]);
  });

  it('come in pairs of a view and its reflection', () => {
    fc.assert(
      fc.property(anyTest, fc.integer({ min: 1, max: 6 }), (test, size) => {
        const set = images(2, size);
        const withFlips = test.name === 'multiScale' ? { ...test, flip: true } : test;
        const views = testViews(withFlips, set, perPixelMean(set));
        const shown = views.map(view => planes(filled(view, 0, 2), view.size));
        for (let i = 0; i < shown.length; i += 2) expect(shown[i + 1]).toEqual(shown[i]!.map(flipped));
      }),
    );
  });

  it('show an image the same way whatever the batches', () => {
    const cut = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(anyTest, cut, (test, cut) => {
        const set = images(7, 4);
        const mean = perPixelMean(set);
        for (const view of testViews(test, set, mean)) {
          const parts = [...filled(view, 0, cut), ...filled(view, cut, 7 - cut)];
          expect(parts).toEqual([...filled(view, 0, 7)]);
        }
      }),
    );
  });

  it('keep a constant image constant at every size', () => {
    const set = { ...images(1, 5), pixels: new Uint8Array(75).fill(200) };
    for (const view of testViews(
      { name: 'multiScale', sizes: [3, 4, 7, 12], flip: true },
      set,
      new Float32Array(75),
    )) {
      expect([...filled(view, 0, 1)].every(value => value === 200)).toBe(true);
    }
  });

  it('write nothing behind the images asked for', () => {
    fc.assert(
      fc.property(anyTest, test => {
        const set = images(2, 4);
        for (const view of testViews(test, set, perPixelMean(set))) {
          const one = 3 * view.size ** 2;
          const out = new Float32Array(2 * one).fill(7);
          out[one] = 1;
          view.fill(0, 1, out);
          expect([out[one], ...out.subarray(one + 1)]).toEqual([1, ...new Array<number>(one - 1).fill(7)]);
        }
      }),
    );
  });
});
