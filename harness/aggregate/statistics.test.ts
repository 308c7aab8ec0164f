import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mean, standardDeviation } from './sample.ts';
import { studentQuantile, welch } from './student.ts';

// Known answers: SciPy 1.17.1 (stats.t.ppf, stats.ttest_ind with equal_var=False) and the NIST/SEMATECH
// e-Handbook of Statistical Methods, sec. 1.3.6.7.2 (table of t).

describe('mean and sample standard deviation', () => {
  test('have known answers', () => {
    const values = [6.41, 6.7, 6.52, 6.66, 6.58];
    expect(mean(values)).toBeCloseTo(6.574, 12);
    expect(standardDeviation(values)).toBeCloseTo(0.11523888232710354, 12);
  });

  test('of one value: the value, and no standard deviation', () => {
    expect(mean([8.75])).toBe(8.75);
    expect(standardDeviation([8.75])).toBeNull();
  });

  test('shifting moves the mean only, scaling both', () => {
    const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.double({ min: -50, max: 50, noNaN: true }), (sample, shift) => {
        const moved = sample.map(value => 2 * value + shift);
        expect(mean(moved)).toBeCloseTo(2 * mean(sample) + shift, 8);
        expect(standardDeviation(moved)).toBeCloseTo(2 * standardDeviation(sample)!, 8);
      }),
    );
  });
});

describe('Student', () => {
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 4, 2.7764451051977934],
    [0.95, 2.5, 2.5582186141359355],
    [0.995, 7, 3.4994832973504924],
    [0.975, 30, 2.0422724563012378],
    // mpmath, with forty digits
    [0.9999, 3.62, 15.346141477975669],
    [0.975, 58, 2.0017174841452361],
    [0.95, 197.3, 1.6526133463986339],
    [0.6, 2000, 0.253380806820665],
    [0.025, 4, -2.7764451051977934],
    [0.5, 7, 0],
  ])('the %f quantile at %f degrees of freedom is %f', (p, df, value) => {
    expect(studentQuantile(p, df)).toBeCloseTo(value, 11);
  });

  test("Welch's error and degrees of freedom", () => {
    const { error, df } = welch(
      { mean: 6.574, sd: 0.11523888232710354, n: 5 },
      { mean: 6.61, sd: 0.16, n: 5 },
    );
    expect(error).toBeCloseTo(0.08818163074019443, 12);
    expect(df).toBeCloseTo(7.270029856259043, 10);
  });

  test('two groups without spread have no error and still finite degrees of freedom', () => {
    expect(welch({ mean: 1, sd: 0, n: 3 }, { mean: 2, sd: 0, n: 4 })).toEqual({ error: 0, df: 5 });
  });
});
