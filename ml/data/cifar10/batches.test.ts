import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation, randomWords } from '../../optim/random.ts';
import type { ImageSet } from '../spec.ts';
import { fillEvaluation, TrainingBatches, type TrainingOptions } from './batches.ts';
import { perPixelMean } from './prepare.ts';

/** `count` images whose label is their index, so that a batch shows which images it holds. */
function images(count: number, size: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * 3 * size * size }, (_, i) => 1 + ((i * 97) % 255));
  return {
    count,
    channels: 3,
    size,
    pixels,
    scale: 1,
    labels: Uint8Array.from({ length: count }, (_, i) => i),
  };
}

function options(
  count: number,
  size: number,
  batch: number,
  pad: number,
  flip: boolean,
  seed: number,
): TrainingOptions {
  const train = images(count, size);
  return { train, mean: perPixelMean(train), seed, batch, augmentation: { pad, flip } };
}

function batchOf(of: TrainingOptions, iteration: number, from = new TrainingBatches(of)) {
  const out = { images: new Float32Array(of.batch * of.mean.length), labels: new Int32Array(of.batch) };
  from.fill(iteration, out);
  return out;
}

const sizes = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: 1, max: 6 }),
  batch: fc.integer({ min: 1, max: 16 }),
  pad: fc.integer({ min: 0, max: 4 }),
  flip: fc.boolean(),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const anyOptions = sizes.map(s => options(s.count, s.size, s.batch, s.pad, s.flip, s.seed));

/** The paper's sentence, step by step: subtract, pad with zeros, flip the padded image, crop. */
function augmented(
  { train, mean, augmentation: { pad } }: TrainingOptions,
  image: number,
  crop: Crop,
): number[] {
  const { size } = train;
  const wide = size + 2 * pad;
  const result: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    const padded = Array.from({ length: wide }, () => new Array<number>(wide).fill(0));
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const i = (channel * size + y) * size + x;
        padded[y + pad]![x + pad] = Math.fround(train.pixels[image * 3 * size * size + i]! - mean[i]!);
      }
    }
    if (crop.flipped) for (const row of padded) row.reverse();
    for (let y = 0; y < size; y++)
      result.push(...padded[y + crop.down]!.slice(crop.right, crop.right + size));
  }
  return result;
}

interface Crop {
  down: number;
  right: number;
  flipped: boolean;
}

describe('TrainingBatches', () => {
  it('shows every image once in each epoch, in an order of its own', () => {
    fc.assert(
      fc.property(anyOptions, of => {
        const { count } = of.train;
        const from = new TrainingBatches(of);
        const seen: number[] = [];
        for (let i = 0; seen.length < 2 * count; i++) seen.push(...batchOf(of, i, from).labels);
        for (const epoch of [0, 1]) {
          const order = new Uint32Array(count);
          permutation({ seed: of.seed, purpose: 'order', epoch, index: 0 }, order);
          expect(seen.slice(epoch * count, (epoch + 1) * count)).toEqual([...order]);
        }
      }),
    );
  });

  it('pads, flips and crops as the paper says', () => {
    fc.assert(
      fc.property(anyOptions, fc.integer({ min: 0, max: 20 }), (of, iteration) => {
        const batch = batchOf(of, iteration);
        const { pad, flip } = of.augmentation;
        batch.labels.forEach((image, j) => {
          const words = new Uint32Array(3);
          const epoch = Math.floor((iteration * of.batch + j) / of.train.count);
          randomWords({ seed: of.seed, purpose: 'augmentation', epoch, index: image }, words);
          const [down, right] = [words[0]!, words[1]!].map(w => Math.floor((w / 2 ** 32) * (2 * pad + 1)));
          const crop = { down: down!, right: right!, flipped: flip && words[2]! >= 2 ** 31 };
          const features = of.mean.length;
          const result = [...batch.images.subarray(j * features, (j + 1) * features)];
          expect(result).toEqual(augmented(of, image, crop));
        });
      }),
    );
  });

  it('takes every offset and both sides about equally often', () => {
    const of = { ...options(1, 5, 1, 2, true, 11), mean: new Float32Array(75) };
    const crops = [0, 1, 2, 3, 4].flatMap(down =>
      [0, 1, 2, 3, 4].flatMap(right => [false, true].map(flipped => ({ down, right, flipped }))),
    );
    const counts = new Map(crops.map(crop => [augmented(of, 0, crop).join(), 0]));
    expect(counts.size).toBe(50);
    const from = new TrainingBatches(of);
    for (let i = 0; i < 5000; i++) {
      const key = batchOf(of, i, from).images.join();
      counts.set(key, counts.get(key)! + 1);
    }
    expect(counts.size).toBe(50);
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
  });

  it('is a function of the iteration: a resumed training sees the same batches', () => {
    const iterations = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(anyOptions, iterations, (of, asked) => {
        const used = new TrainingBatches(of);
        for (const iteration of asked) expect(batchOf(of, iteration, used)).toEqual(batchOf(of, iteration));
      }),
    );
  });

  it('differs between seeds', () => {
    const of = options(40, 4, 16, 4, true, 1);
    expect(batchOf(of, 0).labels).not.toEqual(batchOf({ ...of, seed: 2 }, 0).labels);
  });

  it('keeps a known batch', () => {
    const { labels, images } = batchOf(options(40, 4, 8, 4, true, 1), 3);
    expect([...labels]).toEqual([29, 25, 0, 26, 24, 8, 16, 28]);
    expect([...images.subarray(0, 48)].reduce((sum, x, i) => sum + x * i, 0)).toBe(-2757.375);
  });
});

describe('fillEvaluation', () => {
  it('subtracts the mean, scales sums to pixels, and does nothing else', () => {
    const set = { ...images(5, 2), scale: 1 / 4 };
    const mean = perPixelMean(set);
    const out = new Float32Array(2 * 12).fill(Number.NaN);
    fillEvaluation(set, mean, 3, 2, out);
    const expected = [...set.pixels.subarray(36, 60)].map((p, i) => Math.fround(p / 4 - mean[i % 12]!));
    expect([...out]).toEqual(expected);
  });
});
