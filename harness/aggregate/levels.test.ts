import { describe, expect, test } from 'vitest';
import { normals } from '../../ml/optim/random.ts';
import type { LastLook } from '../manifest/looks.ts';
import {
  type Difference,
  differenceFromOne,
  differenceOfMeans,
  pAbove,
  pBeyond,
  pWithin,
} from './difference.ts';
import { looksReached, overall } from './looks.ts';
import type { Group } from './student.ts';
import { published, tolerance } from './targets.fixture.ts';
import { testCell } from './verdict.ts';

// How often each rule by itself is wrong where it is easiest to be: at the very bound that it is about.

const repetitions = 20_000;
const lastLooks = [5, 8, 12, 20] as const;
const margin = 0.3;
const resolution = 1;

/** Three standard errors of a rate. */
const slack = (rate: number, of = repetitions) => 3 * Math.sqrt((rate * (1 - rate)) / of);

/** Counts in how many repetitions each of some outcomes occurs; a repetition has `count` normal numbers of its own. */
function rates(
  count: number,
  outcomes: (z: Float32Array) => readonly boolean[],
  epoch: number,
  of = repetitions,
): number[] {
  const found: number[] = [];
  const z = new Float32Array(count);
  for (let index = 0; index < of; index++) {
    normals({ seed: 0, purpose: 'chance', epoch, index }, 1, z);
    outcomes(z).forEach((occurs, i) => {
      found[i] = (found[i] ?? 0) + Number(occurs);
    });
  }
  return found.map(times => times / of);
}

function groupOf(z: Float32Array, from: number, n: number, sd = 1): Group {
  let [mean, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const apart = sd * z[from + i]! - mean;
    mean += apart / (i + 1);
    squares += apart * (sd * z[from + i]! - mean);
  }
  return { mean, sd: Math.sqrt(squares / (n - 1)), n };
}

describe('a single run beside a number of seeds that was fixed beforehand', () => {
  const sizes = [3, 5, 8, 10, 20];
  const spreads = [0.16, 0.25, 0.35, 0.5];
  const cells = spreads.flatMap(sd => sizes.map(n => ({ sd, n })));
  const at = (off: number, says: (difference: Difference) => boolean, epoch: number) => {
    const found = rates(
      21,
      z => {
        const ours = sizes.map(n => groupOf(z, 0, n));
        // The same draws at every spread.
        return cells.map(({ sd, n }) => {
          const { mean, sd: s } = ours[sizes.indexOf(n)]!;
          return says(differenceFromOne({ mean: off + sd * mean, sd: sd * s, n }, sd * z[20]!));
        });
      },
      epoch,
    );
    return found.map((rate, i) => ({ ...cells[i]!, rate }));
  };

  test('differs in at most 5% where it lies at the margin, at every spread and number', () => {
    for (const { sd, n, rate } of at(margin, difference => 2 * pBeyond(difference, margin) <= 0.05, 10)) {
      expect(rate, `SD ${sd}, ${n} seeds`).toBeLessThanOrEqual(0.05 + slack(0.05));
      expect(rate, `SD ${sd}, ${n} seeds`).toBeGreaterThan(0.015); // it is no empty promise either
    }
  });

  test('is consistent in at most 5% where it lies at the resolution', () => {
    for (const { sd, n, rate } of at(resolution, difference => pWithin(difference, resolution) <= 0.05, 11))
      expect(rate, `SD ${sd}, ${n} seeds`).toBeLessThanOrEqual(0.05 + slack(0.05));
  });
});

describe('a p-value that is read at every look', () => {
  const levels = [0.05, 0.025, 0.0125, 0.005, 0.0025, 0.001];
  const entries = lastLooks.flatMap(last => levels.map(level => ({ last, level })));
  const reached = (last: LastLook) => looksReached(20, last);

  /** Whether each entry is rejected, where a look of n seeds has a difference that is 0 in truth. */
  const rejected = (differenceAt: (n: number) => Difference) => {
    const ps = new Map(reached(20).map(n => [n, pAbove(differenceAt(n), 0)]));
    return entries.map(
      ({ last, level }) => overall(Math.min(...reached(last).map(n => ps.get(n)!)), last) <= level,
    );
  };

  test('keeps its level and uses it up, for one sample', () => {
    const of = 100_000;
    const found = rates(
      20,
      z =>
        rejected(n => {
          const { mean, sd } = groupOf(z, 0, n);
          return { value: mean, error: sd / Math.sqrt(n), df: n - 1 };
        }),
      12,
      of,
    );
    for (const [i, { last, level }] of entries.entries())
      expect(Math.abs(found[i]! - level), `last look ${last}, level ${level}`).toBeLessThanOrEqual(
        slack(level, of),
      );
  });

  const others: [string, (z: Float32Array, n: number) => Difference][] = [
    ['two networks', (z, n) => differenceOfMeans(groupOf(z, 0, n), groupOf(z, 20, n))],
    ['two networks, one half as wide', (z, n) => differenceOfMeans(groupOf(z, 0, n), groupOf(z, 20, n, 2))],
    ['five published runs', (z, n) => differenceOfMeans(groupOf(z, 0, n), groupOf(z, 20, 5))],
    ['a published run', (z, n) => differenceFromOne(groupOf(z, 0, n), z[20]!)],
  ];
  test.each(others)('keeps its level for %s', (_, differenceAt) => {
    const found = rates(40, z => rejected(n => differenceAt(z, n)), 13);
    for (const [i, { last, level }] of entries.entries())
      expect(found[i], `last look ${last}, level ${level}`).toBeLessThanOrEqual(level + slack(level));
  });
});

describe('the mean of repeated runs, until the last look', () => {
  test.each([0.3, 1, 2])('is wrong in at most 5% at the margin, where our spread is %s of theirs', ratio => {
    const sd = 0.16;
    const found = rates(
      25,
      z => {
        const theirs = groupOf(z, 20, 5, sd);
        const ours = Array.from(z.subarray(0, 20), value => margin + ratio * sd * value);
        // The smaller of what the paper may have printed: its SD divides by k.
        const value = published(0, { mean: theirs.mean, sd: theirs.sd * Math.sqrt(4 / 5) });
        return ([8, 20] as const).flatMap(last => {
          const { pass, differs } = testCell(value, ours, tolerance, last);
          return [pass <= 0.05, differs <= 0.05];
        });
      },
      14,
    );
    for (const rate of found) expect(rate).toBeLessThanOrEqual(0.05 + slack(0.05));
  });
});

describe('a single run, until the last look', () => {
  test.each([0.25, 0.5])('is wrong in at most 5% at either bound, at SD %s', sd => {
    const found = rates(
      21,
      z => {
        const seeds = (off: number) => Array.from(z.subarray(0, 20), value => off + sd * value);
        const value = published(sd * z[20]!);
        return ([8, 20] as const).flatMap(last => [
          testCell(value, seeds(resolution), tolerance, last).pass <= 0.05,
          testCell(value, seeds(margin), tolerance, last).differs <= 0.05,
        ]);
      },
      15,
    );
    for (const rate of found) expect(rate).toBeLessThanOrEqual(0.05 + slack(0.05));
  });
});
