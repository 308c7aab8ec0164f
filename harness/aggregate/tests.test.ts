import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looks } from '../manifest/looks.ts';
import { benjaminiHochberg, holm } from './adjust.ts';
import { differenceFromOne, differenceOfMeans, pAbove, pBelow, pBeyond, pWithin } from './difference.ts';
import { looksReached, nextLook, overall } from './looks.ts';
import { mean, standardDeviation } from './sample.ts';
import { studentQuantile, studentTail } from './student.ts';

// Known answers: SciPy 1.17.

const group = (values: number[]) => ({
  mean: mean(values),
  sd: standardDeviation(values)!,
  n: values.length,
});

test('a mean against the mean ± SD of five runs', () => {
  const theirs = { mean: 6.61, sd: 0.16 * Math.sqrt(5 / 4), n: 5 };
  const difference = differenceOfMeans(group([6.41, 6.7, 6.52, 6.66, 6.58]), theirs);
  expect(difference.value).toBeCloseTo(-0.036, 12);
  expect(difference.error).toBeCloseTo(0.09516302, 8);
  expect(difference.df).toBeCloseTo(6.832221, 6);
  expect(pWithin(difference, 0.3)).toBeCloseTo(0.01410442, 8);
  expect(pAbove(difference, 0.3)).toBeCloseTo(0.99501207, 8);
});

test('a mean against a single run', () => {
  const difference = differenceFromOne(group([8.6, 8.81, 8.72, 8.9, 8.66]), 8.75);
  expect(difference.value).toBeCloseTo(-0.012, 12);
  expect(difference.error).toBeCloseTo(0.13062925, 8);
  expect(pWithin(difference, 1)).toBeCloseTo(0.0008189633, 10);
  expect(Math.min(1, 2 * pBeyond(difference, 0.3))).toBe(1);
});

test('the tail of t is the inverse of its quantile', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }),
      fc.double({ min: 1, max: 300, noNaN: true }),
      (p, df) => {
        expect(studentTail(studentQuantile(p, df), df)).toBeCloseTo(1 - p, 10);
      },
    ),
  );
});

test('the two sides of a bound add up to one', () => {
  const difference = differenceFromOne(group([1, 2, 4]), 0);
  expect(pAbove(difference, 0.7) + pBelow(difference, 0.7)).toBeCloseTo(1, 14);
});

test('no spread at all decides by the difference alone', () => {
  const difference = { value: 0.2, error: 0, df: 4 };
  expect(pWithin(difference, 0.3)).toBe(0);
  expect(pAbove(difference, 0.2)).toBe(0.5);
});

describe('many tests', () => {
  test('Holm', () => {
    const adjusted = holm([0.04, 0.01, 0.03, 0.016, 0.2]);
    [0.09, 0.05, 0.09, 0.064, 0.2].forEach((p, i) => {
      expect(adjusted[i]).toBeCloseTo(p, 12);
    });
  });

  test('Holm over a family of which some are missing: they count as 1', () => {
    const ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(ps, fc.nat(8), (found, missing) => {
        const all = holm([...found, ...Array(missing).fill(1)]);
        expect(holm(found, found.length + missing)).toEqual(all.slice(0, found.length));
      }),
    );
  });

  test('Benjamini and Hochberg', () => {
    const adjusted = benjaminiHochberg([0.04, 0.01, 0.03, 0.016, 0.2]);
    [0.05, 0.04, 0.05, 0.04, 0.2].forEach((p, i) => {
      expect(adjusted[i]).toBeCloseTo(p, 12);
    });
  });
});

describe('looks', () => {
  test('are reached in turn', () => {
    expect(looksReached(2, 20)).toEqual([]);
    expect(looksReached(9, 20)).toEqual([3, 5, 8]);
    expect(looksReached(20, 8)).toEqual([3, 5, 8]);
    expect([nextLook(1, 8), nextLook(5, 8), nextLook(8, 8)]).toEqual([3, 8, null]);
  });

  test('the level of a look is a fraction of the overall one', () => {
    expect(overall(0.05 * 0.589, 5)).toBeCloseTo(0.05, 12);
    expect(overall(0.005 * 0.365, 8)).toBeCloseTo(0.005, 12);
    expect(overall(0.03, 3)).toBe(0.03);
    expect(overall(0.5, 20)).toBe(1);
  });

  test('more evidence at a look is never less overall, and no look is free', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(p, p, fc.constantFrom(...looks), (a, b, last) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(overall(low, last)).toBeLessThanOrEqual(overall(high, last));
        expect(overall(low, last)).toBeGreaterThanOrEqual(low);
      }),
    );
  });
});
