import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batches } from '../../ml/data/images.ts';
import type { Program } from '../../ml/program.ts';
import { BatchesAhead } from './ahead.ts';

const program = {
  inputs: { images: { type: 'float32', shape: [2, 3] }, labels: { type: 'int32', shape: [2] } },
} as unknown as Program;

/** Batches that hold their iteration, filled now or later, never two at a time. */
function batches(filled: number[], late: boolean): Batches {
  let filling = false;
  return {
    async fill(iteration, { images, labels }) {
      expect(filling).toBe(false);
      filling = true;
      filled.push(iteration);
      if (late) await new Promise(resolve => setImmediate(resolve));
      if (iteration === 7) {
        filling = false;
        throw new Error('image 7 is damaged');
      }
      images.fill(iteration);
      labels.fill(iteration);
      filling = false;
    },
  };
}

describe('batches ahead', () => {
  it('are those of their iterations, whatever was prepared before, and the last one taken stays as it is', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6 })), fc.boolean(), async (iterations, late) => {
        const ahead = new BatchesAhead(batches([], late), program, 7);
        for (const iteration of iterations) {
          const feeds = await ahead.take(iteration);
          ahead.prepare(iteration + 1);
          await new Promise(resolve => setImmediate(resolve));
          expect([...feeds.images, ...feeds.labels]).toEqual(Array(8).fill(iteration));
        }
        await ahead.settle();
      }),
    ));

  it('are filled once each in a training, and none beyond its end', async () => {
    const filled: number[] = [];
    const ahead = new BatchesAhead(batches(filled, true), program, 4);
    for (let iteration = 0; iteration < 4; iteration++) {
      await ahead.take(iteration);
      ahead.prepare(iteration + 1);
    }
    await ahead.settle();
    expect(filled).toEqual([0, 1, 2, 3]);
  });

  it('fail when the damaged one is taken, not before', async () => {
    const ahead = new BatchesAhead(batches([], false), program, 9);
    await ahead.take(6);
    ahead.prepare(7);
    await ahead.settle();
    await expect(ahead.take(7)).rejects.toThrow('image 7 is damaged');
  });
});
