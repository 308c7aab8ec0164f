import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { published } from './fixtures.ts';
import { mean, standardDeviation } from './sample.ts';
import { loadStudentQuantile } from './student.ts';
import type { Sample } from './types.ts';
import { type Comparison, compare, holmLevel, judge, moreSeeds } from './verdict.ts';

const t = await loadStudentQuantile();
const single = published(8.75);
const repeated = published(6.43, { mean: 6.61, sd: 0.16 });

function sample(...values: number[]): Sample {
  return { mean: mean(values), sd: standardDeviation(values), n: values.length, values, runs: [] };
}

function verdictOf(value: typeof single, ...values: number[]) {
  return judge(compare(value, sample(...values), t), 0.05, t);
}

describe('a published single run', () => {
  test('is consistent inside our 95 % prediction interval, which SciPy puts at 8.375 to 9.101', () => {
    const ours = [8.6, 8.81, 8.72, 8.9, 8.66];
    expect(verdictOf(single, ...ours)).toEqual({
      verdict: 'consistent',
      note: '95 % prediction interval of one run 8.38 to 9.10',
    });
    expect(verdictOf(published(9.1), ...ours).verdict).toBe('consistent');
    expect(verdictOf(published(9.11), ...ours).verdict).toBe('differs');
    expect(verdictOf(published(8.37), ...ours).verdict).toBe('differs');
  });

  test('is inconclusive beside fewer than three seeds, and says how many more would decide', () => {
    expect(verdictOf(single, 8.75)).toEqual({
      verdict: 'inconclusive',
      note: 'one seed beside 8.75: an interval needs 3; 2 more seeds would decide',
    });
    expect(verdictOf(single, 8.7, 8.8).note).toBe(
      '2 seeds beside 8.75: an interval needs 3; 1 more seed would decide at this mean and SD',
    );
  });

  test('is never reproduced', () => {
    const errors = fc.array(fc.double({ min: 8.5, max: 9, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(errors, ours => {
        expect(verdictOf(single, ...ours).verdict).not.toBe('reproduced');
      }),
    );
  });
});

describe('a published mean ± SD', () => {
  test('is reproduced when the 90 % interval of the difference lies within the margin (SciPy: TOST p = 0.0096)', () => {
    expect(verdictOf(repeated, 6.41, 6.7, 6.52, 6.66, 6.58)).toEqual({
      verdict: 'reproduced',
      note: 'difference of means −0.04, 90 % interval −0.20 to +0.13, margin ±0.3',
    });
  });

  test('differs when the 95 % interval lies beyond the margin', () => {
    expect(verdictOf(repeated, 7.3, 7.2, 7.5, 7.36, 7.44).verdict).toBe('differs');
    expect(verdictOf(repeated, 5.7, 5.8, 5.6, 5.9, 5.75).verdict).toBe('differs');
  });

  test('is inconclusive between, even when "not significantly different" or significantly so', () => {
    expect(verdictOf(repeated, 6.3, 6.9, 6.6).verdict).toBe('inconclusive');
    expect(verdictOf(repeated, 6.9, 7.0, 7.1, 6.95, 7.05).verdict).toBe('inconclusive');
  });

  test('with one seed takes the spread of the published runs for the number of further seeds', () => {
    const { verdict, note } = verdictOf(repeated, 6.6);
    expect(verdict).toBe('inconclusive');
    expect(note).toBe('one seed beside 6.61; 2 more seeds would decide');
  });

  test('needs more seeds the nearer the difference is to the margin', () => {
    expect(moreSeeds(repeated, { ...sample(6.61), sd: 0.16, n: 2 }, 0.05, t)).toBe(1);
    expect(moreSeeds(repeated, { ...sample(6.73), sd: 0.16, n: 2 }, 0.05, t)).toBeGreaterThan(1);
    expect(moreSeeds(repeated, { ...sample(6.91), sd: 0.16, n: 2 }, 0.05, t)).toBeNull();
  });

  test('the promised number of seeds decides, and no smaller one does', () => {
    const statistics = fc.record({
      mean: fc.double({ min: 5.5, max: 8, noNaN: true }),
      sd: fc.double({ min: 0.02, max: 0.6, noNaN: true }),
      n: fc.integer({ min: 2, max: 8 }),
    });
    fc.assert(
      fc.property(statistics, fc.constantFrom(single, repeated), (ours, value) => {
        const now: Sample = { ...ours, values: [], runs: [] };
        const more = moreSeeds(value, now, 0.05, t);
        const decided = (n: number) => {
          const comparison = compare(value, { ...now, n }, t);
          return comparison.agrees || comparison.differsAt(0.05);
        };
        if (more === null) return;
        expect(decided(now.n + more)).toBe(true);
        for (let n = now.n + 1; n < now.n + more; n++) expect(decided(n)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Holm', () => {
  const withP = (p: number): Comparison => ({
    ...compare(single, sample(8.75), t),
    differsAt: level => p <= level,
  });

  test('tests the smallest p at a/m, the next at a/(m - 1), and stops at the first that fails', () => {
    // Holm (1979): 0.01 <= 0.05/4; 0.016 <= 0.05/3; 0.03 > 0.05/2, so 0.04 is not rejected although <= 0.05.
    const ps = [0.04, 0.01, 0.03, 0.016];
    const level = holmLevel(ps.map(withP));
    expect(level).toBeCloseTo(0.05 / 2, 12);
    expect(ps.filter(p => p <= level)).toEqual([0.01, 0.016]);
  });

  test('rejects what the textbook procedure rejects', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.0001, max: 0.2, noNaN: true }), { maxLength: 12 }), ps => {
        const sorted = ps.toSorted((a, b) => a - b);
        const firstKept = sorted.findIndex((p, i) => p > 0.05 / (sorted.length - i));
        const expected = firstKept === -1 ? sorted.length : firstKept;
        const level = holmLevel(ps.map(withP));
        expect(ps.filter(p => p <= level)).toHaveLength(expected);
      }),
    );
  });

  test('a single run outside its own interval but not the corrected one is inconclusive', () => {
    const outside = compare(published(9.11), sample(8.6, 8.81, 8.72, 8.9, 8.66), t);
    expect(judge(outside, 0.05, t).verdict).toBe('differs');
    expect(judge(outside, 0.05 / 6, t).verdict).toBe('inconclusive');
  });
});

test('agreeing and differing exclude each other at every level up to 5 %', () => {
  const errors = fc.array(fc.double({ min: 5, max: 10, noNaN: true }), { minLength: 1, maxLength: 8 });
  const level = fc.double({ min: 0.001, max: 0.05, noNaN: true });
  fc.assert(
    fc.property(errors, level, fc.constantFrom(single, repeated), (ours, alpha, value) => {
      const comparison = compare(value, sample(...ours), t);
      expect(comparison.agrees && comparison.differsAt(alpha)).toBe(false);
    }),
  );
});
