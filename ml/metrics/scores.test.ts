import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classificationSums } from './classification.ts';
import { addSoftmax, averageScores, topErrors } from './scores.ts';

const rows = (classes: number) =>
  fc.array(fc.array(fc.integer({ min: -40, max: 40 }), { minLength: classes, maxLength: classes }), {
    minLength: 1,
    maxLength: 8,
  });

describe('addSoftmax', () => {
  it('adds probabilities to what is there', () => {
    const scores = Float64Array.of(1, 0, 0, 0);
    addSoftmax(Float32Array.of(0, 0, Math.log(3), 0), 2, scores);
    [1.5, 0.5, 0.75, 0.25].forEach((expected, i) => {
      expect(scores[i]).toBeCloseTo(expected, 6);
    });
  });

  it('adds 1 to the sum of each image, whatever the size of the logits', () => {
    fc.assert(
      fc.property(rows(4), fc.constantFrom(0, 1e4, -1e4), (logits, shift) => {
        const scores = new Float64Array(logits.length * 4);
        addSoftmax(
          Float32Array.from(logits.flat(), x => x + shift),
          4,
          scores,
        );
        for (let i = 0; i < scores.length; i += 4) {
          expect(scores.subarray(i, i + 4).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        }
      }),
    );
  });
});

describe('averageScores', () => {
  it('is the mean of the models', () => {
    const mean = averageScores([Float32Array.of(1, 0), Float32Array.of(0.5, 0.5), Float32Array.of(0, 1)]);
    expect([...mean]).toEqual([0.5, 0.5]);
  });

  it('refuses scores of different images', () => {
    expect(() => averageScores([new Float32Array(4), new Float32Array(2)])).toThrow('not 4 and 2 values');
    expect(() => averageScores([])).toThrow(RangeError);
  });
});

describe('topErrors', () => {
  const ranked = [9, 8, 7, 6, 5, 4, 3];

  it('counts labels that are not the first, and not among the first five', () => {
    const scores = [...ranked, ...ranked, ...ranked, ...ranked];
    expect(topErrors(scores, [0, 1, 4, 5], 7)).toEqual({ top1: 3, top5: 1 });
  });

  it('lets the lower class come first among equal scores', () => {
    const same = new Array<number>(7).fill(1);
    const of = (label: number) => topErrors(same, [label], 7);
    expect([0, 1, 4, 5].map(of)).toEqual([
      { top1: 0, top5: 0 },
      { top1: 1, top5: 0 },
      { top1: 1, top5: 0 },
      { top1: 1, top5: 1 },
    ]);
  });

  it('counts what is not a number as an error', () => {
    expect(topErrors([Number.NaN, 1], [1], 2)).toEqual({ top1: 1, top5: 1 });
  });

  it('agrees with the single-view error', () => {
    const images = rows(6).chain(logits =>
      fc.tuple(fc.constant(logits), fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 8, maxLength: 8 })),
    );
    fc.assert(
      fc.property(images, ([logits, all]) => {
        const labels = all.slice(0, logits.length);
        const flat = Float32Array.from(logits.flat());
        const { errors } = classificationSums(flat, labels, 6);
        const { top1, top5 } = topErrors(flat, labels, 6);
        expect(top1).toBe(errors);
        const among = labels.filter((label, i) => {
          const better = logits[i]!.filter(
            (x, c) => x > logits[i]![label]! || (x === logits[i]![label]! && c < label),
          );
          return better.length < 5;
        });
        expect(top5).toBe(labels.length - among.length);
      }),
    );
  });
});
