import { expect, test } from 'vitest';
import type { Claim } from '../manifest/types.ts';
import { classification } from '../tasks/classification/index.ts';
import type { Measure } from '../tasks/task.ts';
import { viewClaim } from './claims.ts';
import { runsFor } from './records.fixture.ts';
import { loadStudentQuantile } from './student.ts';
import { depthClaim } from './targets.fixture.ts';

const t = await loadStudentQuantile();
const trains: Claim = {
  ...depthClaim,
  measure: 'trainError',
  worse: 'plain-56',
  better: 'plain-20',
  thresholds: { mini: { margin: 5, sd: 3, basis: 'an earlier study' } },
};

function claim(worse: number[], better: number[], profile = 'mini', measures = classification.measures) {
  const runs = runsFor(profile, {
    'plain-56': worse.map(error => [50, error]),
    'plain-20': better.map(error => [50, error]),
  });
  return viewClaim(trains, profile, { measures }, runs, t);
}

test('several seeds: the Welch interval, as scipy.stats.ttest_ind(equal_var=False) gives it', () => {
  const { verdict, difference } = claim([41.2, 44, 42.7], [25.1, 26.9, 24.4, 25.5]);
  expect(difference!.value).toBeCloseTo(17.15833333333333, 10);
  expect(difference!.low).toBeCloseTo(14.363838205214638, 6);
  expect(difference!.high).toBeCloseTo(19.952828461452025, 6);
  expect(difference!.n).toEqual([3, 4]);
  expect(difference!.df).toBeCloseTo(3.6205515, 6);
  expect(difference!.level).toBe(0.95);
  expect(verdict).toBe('confirmed');
});

test('one seed on a side: the assumed SD on both, with a normal interval', () => {
  const { difference, assumedSd } = claim([40], [25, 26]);
  const half = 1.959963984540054 * 3 * Math.sqrt(1 + 1 / 2);
  expect(assumedSd).toBe(3);
  expect(difference!.df).toBeNull();
  expect(difference!.low).toBeCloseTo(14.5 - half, 10);
  expect(difference!.high).toBeCloseTo(14.5 + half, 10);
});

test.each([
  [40, 25, 'confirmed'],
  [38, 25, 'inconclusive'],
  [25, 25, 'inconclusive'],
  [17, 25, 'inconclusive'],
  [16, 25, 'contradicted'],
] as const)('%d against %d, half an interval of 8.3 and a margin of 5: %s', (worse, better, verdict) => {
  expect(claim([worse], [better]).verdict).toBe(verdict);
});

test('a clear order by less than the margin is inconclusive', () => {
  const { verdict, difference } = claim([27, 27.1, 26.9], [25, 25.1, 24.9]);
  expect(difference!.low).toBeGreaterThan(0);
  expect(verdict).toBe('inconclusive');
});

test('without a run of one side the claim is not-run', () => {
  expect(claim([], [25])).toMatchObject({
    verdict: 'not-run',
    difference: null,
    margin: 5,
    missing: ['plain-56'],
  });
});

test('a profile without a threshold confirms and contradicts nothing', () => {
  expect(claim([90], [10], 'smoke')).toMatchObject({
    verdict: 'inconclusive',
    difference: null,
    margin: null,
  });
  expect(claim([90, 91], [10, 11], 'smoke')).toMatchObject({ verdict: 'inconclusive', basis: null });
});

test('names the runs it rests on, and the unit of its measure', () => {
  const { runs, unit, measure } = claim([40], [25, 26]);
  expect(runs.map(key => key.slice(0, 8))).toEqual(['plain561', 'plain201', 'plain202']);
  expect([measure, unit]).toEqual(['trainError', '%']);
});

test('a measure of which larger values are better turns the difference round', () => {
  const accuracy: Measure = { ...classification.measures.trainError!, direction: 'higher' };
  const of = (worse: number, better: number) => claim([worse], [better], 'mini', { trainError: accuracy });
  expect(of(25, 40)).toMatchObject({ verdict: 'confirmed', difference: { value: 15 } });
  expect(of(40, 25)).toMatchObject({ verdict: 'contradicted', difference: { value: -15 } });
});
