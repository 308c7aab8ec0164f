import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feeds, InputSpec } from '../program.ts';
import { withMasks } from './dropout.ts';

const inputs = (rate: number, rows = 8): Record<string, InputSpec> => ({
  images: { type: 'float32', shape: [rows, 3, 2, 2] },
  'fc6.mask': { type: 'float32', shape: [rows, 500], dropout: rate },
  'fc7.mask': { type: 'float32', shape: [rows, 500], dropout: rate },
});

/** Batches that write the iteration into the images. */
const plain = {
  fill: (iteration: number, out: Feeds) => {
    out.images!.fill(iteration);
  },
};

async function masks(rate: number, seed: number, iteration: number, rows = 8) {
  const feeds = {
    images: new Float32Array(rows * 12),
    'fc6.mask': new Float32Array(rows * 500).fill(7),
    'fc7.mask': new Float32Array(rows * 500).fill(7),
  };
  await withMasks(plain, inputs(rate, rows), seed).fill(iteration, feeds);
  expect(new Set(feeds.images)).toEqual(new Set([iteration]));
  return { fc6: feeds['fc6.mask'], fc7: feeds['fc7.mask'] };
}

describe('masks of dropout', () => {
  it('are 0 for the share that is left out, and keep the mean at 1', () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.integer({ min: 0, max: 1000 }),
        async (rate, iteration) => {
          const { fc6, fc7 } = await masks(rate, 1, iteration);
          for (const mask of [fc6, fc7]) {
            const kept = Math.fround(1 / (1 - rate));
            expect(mask.every(value => value === 0 || value === kept)).toBe(true);
            const share = mask.filter(value => value === 0).length / mask.length;
            expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / mask.length));
          }
        },
      ),
      { numRuns: 20 },
    ));

  it('are a function of seed, iteration and number, whatever was drawn before', async () => {
    const batches = withMasks(plain, inputs(0.5), 3);
    const out = { images: new Float32Array(96), ...blank() };
    for (const iteration of [0, 5, 1]) await batches.fill(iteration, out);
    const own = await masks(0.5, 3, 1);
    expect(out['fc6.mask']).toEqual(own.fc6);
    expect(out['fc7.mask']).toEqual(own.fc7);
    const others = [(await masks(0.5, 3, 2)).fc6, (await masks(0.5, 4, 1)).fc6, own.fc7];
    for (const other of others) expect(other).not.toEqual(own.fc6);
  });

  it('of a smaller batch are the first rows: masks do not depend on how many are drawn', async () => {
    const [few, many] = [await masks(0.5, 1, 9, 4), await masks(0.5, 1, 9, 8)];
    expect(few.fc6).toEqual(many.fc6.subarray(0, 4 * 500));
  });

  it('are asked for by inputs alone: other batches are passed on as they are', () => {
    expect(withMasks(plain, { images: inputs(0.5).images! }, 1)).toBe(plain);
  });
});

const blank = () => ({ 'fc6.mask': new Float32Array(4000), 'fc7.mask': new Float32Array(4000) });
