import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from './boxes.ts';
import { overlap } from './boxes.ts';
import {
  type DetectionRule,
  detectionsOf,
  type RegionOutputs,
  refinedRegions,
  softmaxRows,
} from './detect.ts';

const rule: DetectionRule = { score: 0.1, overlap: 0.3, most: 100, voting: false };

/** Regions of two classes, where they are. */
function still(
  regions: readonly Box[],
  probabilities: readonly (readonly [number, number, number])[],
): RegionOutputs {
  return {
    regions,
    probabilities: Float32Array.from(probabilities.flat()),
    offsets: new Float32Array(8 * regions.length),
  };
}

describe('detections', () => {
  it('are boxes of each class, best first, without those that overlap a better one', () => {
    const regions: Box[] = [
      [0, 0, 10, 10],
      [0, 0, 10, 9],
      [20, 20, 30, 30],
    ];
    const outputs = still(regions, [
      [0.2, 0.7, 0.1],
      [0.1, 0.5, 0.4],
      [0.85, 0.05, 0.1],
    ]);
    const found = detectionsOf([outputs], [40, 40], 2, rule);
    expect(found.map(({ class: own, score, box }) => [own, Math.round(10 * score), box])).toEqual([
      [0, 7, [0, 0, 10, 10]],
      [1, 4, [0, 0, 10, 9]],
      [1, 1, [20, 20, 30, 30]],
    ]);
  });

  it('move by the offsets of their own class, in units of .1 and .2, and stay in the image', () => {
    const outputs = still([[10, 10, 20, 20]], [[0, 0.6, 0.4]]);
    outputs.offsets[0] = 5; // .5 sides to the right, of the first class
    outputs.offsets[7] = Math.log(2) / 0.2; // twice as high, of the second
    const [first, second] = detectionsOf([outputs], [22, 40], 2, rule);
    expect(first!.box).toEqual([15, 10, 22, 20]);
    expect(second!.box.map(Math.round)).toEqual([10, 5, 20, 25]);
  });

  it('of several passes are of their union, and votes move boxes, not scores', () => {
    const a = still([[0, 0, 10, 10]], [[0.2, 0.8, 0]]);
    const b = still([[0, 0, 10, 12]], [[0.8, 0.2, 0]]);
    const [found] = detectionsOf([a, b], [40, 40], 2, { ...rule, voting: true });
    expect(found!.score).toBeCloseTo(0.8, 6);
    expect(found!.box[3]).toBeCloseTo(0.8 * 10 + 0.2 * 12, 5);
  });

  it('are so many at most, and of a class apart', () => {
    const side = fc.integer({ min: 0, max: 30 });
    const region = fc.tuple(side, side).map(([x, y]): Box => [x, y, x + 8, y + 8]);
    const row = fc.tuple(
      fc.float({ min: 0, max: 1, noNaN: true }),
      fc.float({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(region, row), { minLength: 1, maxLength: 30 }), all => {
        const outputs = still(
          all.map(([box]) => box),
          all.map(([, [a, b]]) => [0, a, b]),
        );
        const found = detectionsOf([outputs], [40, 40], 2, { ...rule, most: 7 });
        expect(found.length).toBeLessThanOrEqual(7);
        const scores = found.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((x, y) => y - x));
        for (const [i, one] of found.entries())
          for (const other of found.slice(i + 1))
            if (one.class === other.class) expect(overlap(one.box, other.box)).toBeLessThanOrEqual(0.3);
      }),
      { numRuns: 50 },
    );
  });
});

it('a region is refined to the box of its likeliest class, or stays where that is empty', () => {
  const outputs = still(
    [
      [10, 10, 20, 20],
      [0, 0, 4, 4],
    ],
    [
      [0.9, 0.02, 0.08],
      [0, 0.7, 0.3],
    ],
  );
  outputs.offsets[4] = 1; // class 1 of the first: a tenth of a side to the right
  outputs.offsets[8] = -1000; // class 0 of the second: far outside
  expect(refinedRegions(outputs, [40, 40], 2)).toEqual([
    [11, 10, 21, 20],
    [0, 0, 4, 4],
  ]);
});

it('rows of logits become probabilities, however large they are', () => {
  const rows = softmaxRows(Float32Array.of(1000, 1000, -1000, 0, Math.log(3), 0), 3);
  expect([...rows].map(value => Math.round(1000 * value))).toEqual([500, 500, 0, 200, 600, 200]);
});
