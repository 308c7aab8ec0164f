import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mean, standardDeviation } from './sample.ts';
import { published } from './targets.fixture.ts';
import { type Comparison, compare, holmLevel, judge, moreSeeds } from './verdict.ts';

const single = published(8.75);
const repeated = published(6.43, { mean: 6.61, sd: 0.16 });

const margin = 0.3;

function sample(...values: number[]) {
  return { mean: mean(values), sd: standardDeviation(values), n: values.length };
}

function comparison(value: typeof single, ...values: number[]): Comparison {
  return compare(value, sample(...values), margin);
}

function judged(value: typeof single, ...values: number[]) {
  return judge(comparison(value, ...values), 0.05);
}

function verdictOf(value: typeof single, ...values: number[]) {
  return judged(value, ...values).verdict;
}

describe('a published single run', () => {
  test('is consistent inside our 95% prediction interval, which SciPy puts at 8.375 to 9.101', () => {
    const ours = [8.6, 8.81, 8.72, 8.9, 8.66];
    const { verdict, evidence } = judged(single, ...ours);
    expect(verdict).toBe('consistent');
    expect(evidence).toEqual({
      method: 'prediction',
      reference: 8.75,
      interval: [expect.closeTo(8.375, 3), expect.closeTo(9.101, 3)],
      level: 0.95,
      margin: null,
      df: 4,
      testedAt: 0.05,
      moreSeeds: 0,
    });
    expect(verdictOf(published(9.1), ...ours)).toBe('consistent');
    expect(verdictOf(published(9.11), ...ours)).toBe('differs');
    expect(verdictOf(published(8.37), ...ours)).toBe('differs');
  });

  test('is inconclusive beside fewer than three seeds, and says how many more would decide', () => {
    expect(judged(single, 8.75)).toMatchObject({
      verdict: 'inconclusive',
      evidence: { reference: 8.75, interval: null, df: null, moreSeeds: 2 },
    });
    expect(judged(single, 8.7, 8.8).evidence).toMatchObject({ interval: null, moreSeeds: 1 });
  });

  test('is never reproduced', () => {
    const errors = fc.array(fc.double({ min: 8.5, max: 9, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(errors, ours => {
        expect(verdictOf(single, ...ours)).not.toBe('reproduced');
      }),
    );
  });
});

describe('a published mean ± SD', () => {
  test('is reproduced when the 90% interval of the difference lies within the margin (SciPy: TOST p = 0.0096)', () => {
    const { verdict, evidence } = judged(repeated, 6.41, 6.7, 6.52, 6.66, 6.58);
    expect(verdict).toBe('reproduced');
    expect(evidence).toEqual({
      method: 'equivalence',
      reference: 6.61,
      interval: [expect.closeTo(-0.2021, 4), expect.closeTo(0.1301, 4)],
      level: 0.9,
      margin: 0.3,
      df: expect.closeTo(7.270029856259043, 10),
      testedAt: 0.05,
      moreSeeds: 0,
    });
  });

  test('differs when the 95% interval lies beyond the margin', () => {
    expect(verdictOf(repeated, 7.3, 7.2, 7.5, 7.36, 7.44)).toBe('differs');
    expect(verdictOf(repeated, 5.7, 5.8, 5.6, 5.9, 5.75)).toBe('differs');
  });

  test('is inconclusive between, even when "not significantly different" or significantly so', () => {
    expect(verdictOf(repeated, 6.3, 6.9, 6.6)).toBe('inconclusive');
    expect(verdictOf(repeated, 6.9, 7.0, 7.1, 6.95, 7.05)).toBe('inconclusive');
  });

  test('with one seed takes the spread of the published runs for the number of further seeds', () => {
    expect(judged(repeated, 6.6)).toMatchObject({
      verdict: 'inconclusive',
      evidence: { method: 'equivalence', reference: 6.61, interval: null, moreSeeds: 2 },
    });
  });

  test('needs more seeds the nearer the difference is to the margin', () => {
    const more = (mean: number) =>
      moreSeeds({ published: repeated, sample: { mean, sd: 0.16, n: 2 }, margin }, 0.05);
    expect(more(6.61)).toBe(1);
    expect(more(6.73)).toBeGreaterThan(1);
    expect(more(6.91)).toBeNull();
  });

  test('settles nothing where no margin was fixed for its unit', () => {
    const unfixed = compare(repeated, sample(7.3, 7.2, 7.5, 7.36, 7.44), null);
    const { verdict, evidence } = judge(unfixed, 0.05);
    expect(verdict).toBe('inconclusive');
    expect(evidence).toMatchObject({ margin: null, moreSeeds: null, level: 0.9 });
  });

  test('the promised number of seeds decides, and no smaller one does', () => {
    const statistics = fc.record({
      mean: fc.double({ min: 5.5, max: 8, noNaN: true }),
      sd: fc.double({ min: 0.02, max: 0.6, noNaN: true }),
      n: fc.integer({ min: 2, max: 8 }),
    });
    fc.assert(
      fc.property(statistics, fc.constantFrom(single, repeated), (ours, value) => {
        const more = moreSeeds({ published: value, sample: ours, margin }, 0.05);
        const decided = (n: number) => {
          const { agrees, differsAt } = compare(value, { ...ours, n }, margin);
          return agrees || differsAt(0.05);
        };
        if (more === null) return;
        expect(decided(ours.n + more)).toBe(true);
        for (let n = ours.n + 1; n < ours.n + more; n++) expect(decided(n)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Holm', () => {
  const withP = (p: number): Comparison => ({
    ...comparison(single, 8.75),
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
    const outside = comparison(published(9.11), 8.6, 8.81, 8.72, 8.9, 8.66);
    expect(judge(outside, 0.05).verdict).toBe('differs');
    expect(judge(outside, 0.05 / 6).verdict).toBe('inconclusive');
  });
});

test('agreeing and differing exclude each other at every level up to 5%', () => {
  const errors = fc.array(fc.double({ min: 5, max: 10, noNaN: true }), { minLength: 1, maxLength: 8 });
  const level = fc.double({ min: 0.001, max: 0.05, noNaN: true });
  fc.assert(
    fc.property(errors, level, fc.constantFrom(single, repeated), (ours, alpha, value) => {
      const { agrees, differsAt } = comparison(value, ...ours);
      expect(agrees && differsAt(alpha)).toBe(false);
    }),
  );
});
