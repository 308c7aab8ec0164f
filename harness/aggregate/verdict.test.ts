import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sample } from './sample.ts';
import { published, tolerance } from './targets.fixture.ts';
import { divergedSeeds, judge, seedsInOrder, testCell } from './verdict.ts';

const single = published(8.75);
const repeated = published(6.43, { mean: 6.61, sd: 0.16 });

function sampleOf(values: readonly number[], seeds = values.map((_, i) => i + 1)) {
  return sample(values, [], seeds);
}

/** Alone in its family. */
function judged(value: typeof single, ...values: number[]) {
  const test = testCell(value, values, tolerance, 8);
  return judge(test, sampleOf(values), test.differs, 1, divergedSeeds(sampleOf(values), 90));
}

function verdictOf(value: typeof single, ...values: number[]) {
  return judged(value, ...values).verdict;
}

const five = [8.6, 8.81, 8.72, 8.9, 8.66];

describe('a published single run', () => {
  test('is consistent when it is shown to lie within the resolution', () => {
    const { verdict, evidence } = judged(single, ...five);
    expect(verdict).toBe('consistent');
    expect(evidence).toMatchObject({
      method: 'prediction',
      reference: 8.75,
      bound: 1,
      margin: 0.3,
      seeds: 5,
      difference: expect.closeTo(-0.012, 12),
      df: 4,
      // SciPy: TOST p 0.0008189633 at the look; the overall one is that of three looks.
      pass: expect.closeTo(0.0008189633 * 3, 3),
      nextLook: null,
      diverged: [],
    });
    expect(evidence.level).toBeCloseTo(1 - 2 * 0.05 * 0.425, 6);
  });

  test('differs when it is shown to lie beyond the margin', () => {
    expect(verdictOf(published(7.5), ...five)).toBe('differs');
    expect(verdictOf(published(10.2), ...five)).toBe('differs');
  });

  test('has no verdict beside fewer than three seeds, however near', () => {
    expect(judged(single, 8.75, 8.75)).toMatchObject({
      verdict: 'inconclusive',
      evidence: { seeds: null, interval: null, pass: 1, differs: 1, nextLook: 3 },
    });
  });

  test.each([
    ['three wild seeds', 8.75, [9.4, 9.75, 10.1]],
    ['three wild seeds, and far off', 7.51, [9.6, 10.6, 11.4]],
    ['a diverged seed', 8.75, [8.7, 8.8, 90]],
    ['a mean ± SD and two seeds', 6.61, [6.74, 6.83]],
  ])('does not pass by %s', (_, value, values) => {
    expect(['consistent', 'reproduced']).not.toContain(verdictOf(published(value), ...values));
  });

  test('is not failed by precision: twenty tight seeds within the margin never differ', () => {
    const tight = Array.from({ length: 20 }, (_, i) => 9 + 0.01 * (i % 3));
    expect(verdictOf(single, ...tight)).toBe('consistent');
  });

  test('more spread never makes a value pass', () => {
    const spread = fc.double({ min: 0.01, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: -0.9, max: 0.9, noNaN: true }), spread, spread, (off, a, b) => {
        const at = (sd: number) => [-1, 0, 1].map(z => 8.75 + off + sd * z);
        const passes = (sd: number) => testCell(single, at(sd), tolerance, 3).pass;
        expect(passes(Math.max(a, b))).toBeGreaterThanOrEqual(passes(Math.min(a, b)) - 1e-12);
      }),
    );
  });
});

describe('a published mean ± SD', () => {
  test('is reproduced when the difference is shown to lie within the margin', () => {
    const { verdict, evidence } = judged(repeated, 6.41, 6.7, 6.52, 6.66, 6.58);
    expect(verdict).toBe('reproduced');
    // Five seeds: two looks of three. SciPy: TOST p 0.01410442 at the second.
    expect(evidence).toMatchObject({ method: 'equivalence', reference: 6.61, bound: 0.3, seeds: 5 });
    expect(evidence.pass).toBeGreaterThan(0.01410442);
    expect(evidence.pass).toBeLessThan(0.01410442 * 3);
    expect(evidence.df).toBeCloseTo(6.832221, 6);
  });

  test('differs beyond it, and is inconclusive between', () => {
    expect(verdictOf(repeated, 7.3, 7.2, 7.5, 7.36, 7.44)).toBe('differs');
    expect(verdictOf(repeated, 5.7, 5.8, 5.6, 5.9, 5.75)).toBe('differs');
    expect(verdictOf(repeated, 6.9, 7.0, 7.1, 6.95, 7.05)).toBe('inconclusive');
  });
});

describe('looks', () => {
  test('seeds between two looks change nothing but the mean', () => {
    const read = ({ looks: _, ...rest }: ReturnType<typeof testCell>) => rest;
    const more = testCell(single, [...five, 12, 3], tolerance, 8);
    expect(read(more)).toEqual(read(testCell(single, five, tolerance, 8)));
  });

  test('what is decided stays decided', () => {
    const errors = fc.array(fc.double({ min: 5, max: 12, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(errors, fc.constantFrom(single, repeated), (values, value) => {
        const at = (n: number) => testCell(value, values.slice(0, n), tolerance, 8);
        expect(at(8).pass).toBeLessThanOrEqual(at(5).pass);
        expect(at(8).differs).toBeLessThanOrEqual(at(5).differs);
      }),
    );
  });

  test('only the seeds 1, 2, ... count', () => {
    expect(seedsInOrder(sampleOf([8, 8, 8], [1, 2, 3]))).toBe(3);
    expect(seedsInOrder(sampleOf([8, 8, 8], [1, 2, 7]))).toBe(2);
    expect(seedsInOrder(sampleOf([8, 8], [2, 3]))).toBe(0);
  });
});

describe('seeds that diverged', () => {
  test('are those near chance, not finite, or far above the others', () => {
    const seedsOf = (...values: number[]) => divergedSeeds(sampleOf(values), 90).map(({ seed }) => seed);
    expect(seedsOf(8.7, 8.8, 90)).toEqual([3]);
    expect(seedsOf(8.7, Number.NaN, 8.8)).toEqual([2]);
    expect(seedsOf(8.7, 8.8, 27, 8.6)).toEqual([3]);
    expect(seedsOf(8.7, 8.8, 27)).toEqual([]);
    expect(seedsOf(8.7, 8.8, 8.9)).toEqual([]);
  });

  test('leave the cell open, and are named', () => {
    const { verdict, evidence } = judged(single, 8.7, 8.8, 90, 8.7, 8.75);
    expect(verdict).toBe('inconclusive');
    expect(evidence.diverged).toEqual([{ seed: 3, value: 90 }]);
  });
});

test('agreeing and differing exclude each other', () => {
  const errors = fc.array(fc.double({ min: 5, max: 10, noNaN: true }), { minLength: 3, maxLength: 8 });
  fc.assert(
    fc.property(errors, fc.constantFrom(repeated), (values, value) => {
      const { pass, differs } = testCell(value, values, tolerance, 8);
      expect(pass <= 0.05 && differs <= 0.05 && values.length < 5).toBe(false);
    }),
  );
});
