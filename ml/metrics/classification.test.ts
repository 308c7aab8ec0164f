import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classificationSums } from './classification.ts';

const sums = (logits: number[], labels: number[], classes: number) =>
  classificationSums(Float32Array.from(logits), labels, classes);

describe('classificationSums', () => {
  it('counts images whose label does not have the largest logit', () => {
    const logits = [3, 1, 2, 0, 5, 1, -1, -3, -2];
    expect(sums(logits, [0, 1, 0], 3).errors).toBe(0);
    expect(sums(logits, [0, 2, 1], 3).errors).toBe(2);
  });

  it('lets the first of equal logits win', () => {
    expect([0, 1, 2].map(label => sums([2, 2, 1], [label], 3).errors)).toEqual([0, 1, 1]);
  });

  it('counts what is not a number as an error', () => {
    const nan = Number.NaN;
    expect([0, 1].map(label => sums([nan, 1], [label], 2).errors)).toEqual([1, 1]);
    expect(sums([nan, 1], [1], 2).loss).toBeNaN();
  });

  it('sums cross-entropies', () => {
    expect(sums([0, 0, 0, 0], [1, 0], 2).loss).toBeCloseTo(2 * Math.log(2), 12);
    expect(sums([1, 2, 3], [2], 3).loss).toBeCloseTo(Math.log(1 + Math.exp(-1) + Math.exp(-2)), 12);
  });

  it('does not overflow', () => {
    expect(sums([1000, 0], [1], 2).loss).toBe(1000);
    expect(sums([-1000, -2000], [0], 2).loss).toBe(0);
  });

  it('adds up over batches, and a shift of the logits changes nothing', () => {
    const logit = fc.integer({ min: -64, max: 64 }).map(k => k / 8);
    const batch = fc.array(fc.tuple(fc.tuple(logit, logit, logit), fc.integer({ min: 0, max: 2 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(batch, logit, (images, shift) => {
        const each = images.map(([logits, label]) =>
          sums(
            logits.map(x => x + shift),
            [label],
            3,
          ),
        );
        const all = sums(
          images.flatMap(([logits]) => logits),
          images.map(([, label]) => label),
          3,
        );
        expect(all.errors).toBe(each.reduce((n, s) => n + s.errors, 0));
        expect(all.loss).toBeCloseTo(
          each.reduce((n, s) => n + s.loss, 0),
          8,
        );
      }),
    );
  });
});
