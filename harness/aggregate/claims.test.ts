import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Claim } from '../manifest/types.ts';
import { classification } from '../tasks/classification/index.ts';
import type { Measure } from '../tasks/task.ts';
import { viewClaim } from './claims.ts';
import { configFor } from './networks.fixture.ts';
import { runsFor } from './records.fixture.ts';
import { depthClaim } from './targets.fixture.ts';

const threshold = { margin: { value: 5, why: 'an earlier study' }, sd: { value: 3, why: 'a guess' } };
const trains: Claim = {
  ...depthClaim,
  measure: 'trainError',
  worse: 'plain-56',
  better: 'plain-20',
  thresholds: { mini: threshold, paper: threshold },
};

interface Options {
  profile?: string;
  measures?: Readonly<Record<string, Measure>>;
  networks?: ReturnType<typeof configFor>[];
}

function claim(worse: number[], better: number[], options: Options = {}) {
  const { profile = 'mini', measures = classification.measures } = options;
  const networks = options.networks ?? ['plain-20', 'plain-56'].map(name => configFor(name, profile));
  const runs = runsFor(profile, {
    'plain-56': worse.map(error => [50, error]),
    'plain-20': better.map(error => [50, error]),
  });
  return viewClaim(trains, { profile, faithful: profile === 'paper', networks }, { measures }, runs);
}

/** Seeds that lie this far apart around a mean: three of them have a half interval of 2.27 times that. */
const around = (centre: number, apart = 0.1) => [centre - apart, centre, centre + apart];

describe('several seeds a side', () => {
  test('give the Welch interval, as scipy.stats.ttest_ind(equal_var=False) has it', () => {
    const { verdict, difference } = claim([41.2, 44, 42.7], [25.1, 26.9, 24.4, 25.5]);
    expect(difference).toEqual({
      value: expect.closeTo(17.15833333333333, 10),
      interval: [expect.closeTo(14.363838205214638, 6), expect.closeTo(19.952828461452025, 6)],
      level: 0.95,
      df: expect.closeTo(3.6205515, 6),
      n: [3, 4],
    });
    expect(verdict).toBe('seen at this scale');
  });

  test.each([
    [40, 'seen at this scale', 'confirmed'],
    [30.1, 'inconclusive', 'inconclusive'],
    [27, 'not seen at this scale', 'inconclusive'],
    [25, 'not seen at this scale', 'inconclusive'],
    [24, 'reversed at this scale', 'contradicted'],
  ] as const)('%d against 25, a margin of 5: %s under mini, %s under paper', (worse, mini, paper) => {
    expect(claim(around(worse), around(25)).verdict).toBe(mini);
    expect(claim(around(worse), around(25), { profile: 'paper' }).verdict).toBe(paper);
  });

  test('a measure of which larger values are better turns the difference round', () => {
    const trainError: Measure = { ...classification.measures.trainError!, direction: 'higher' };
    const of = (worse: number, better: number) =>
      claim(around(worse), around(better), { measures: { trainError } });
    expect(of(25, 40)).toMatchObject({
      verdict: 'seen at this scale',
      difference: { value: expect.closeTo(15, 9) },
    });
    expect(of(40, 25)).toMatchObject({
      verdict: 'reversed at this scale',
      difference: { value: expect.closeTo(-15, 9) },
    });
  });

  test('rest on their runs, and have the unit of the measure', () => {
    const { runs, unit, measure } = claim([40], [25, 26]);
    expect(runs.map(key => key.slice(0, 8))).toEqual(['plain561', 'plain201', 'plain202']);
    expect([measure, unit]).toEqual(['trainError', '%']);
  });
});

describe('a single seed on a side', () => {
  test('never earns more than inconclusive, whatever the values and the profile', () => {
    const error = fc.double({ min: 0, max: 100, noNaN: true });
    const profiles = fc.constantFrom('mini', 'paper');
    fc.assert(
      fc.property(
        error,
        fc.array(error, { minLength: 1, maxLength: 5 }),
        profiles,
        (one, others, profile) => {
          for (const view of [claim([one], others, { profile }), claim(others, [one], { profile })]) {
            expect(view).toMatchObject({ verdict: 'inconclusive', difference: { interval: null, df: null } });
          }
        },
      ),
    );
  });

  test('the assumed SD says how many seeds would settle it', () => {
    const { assumedSd, seedsNeeded, difference } = claim([40], [25]);
    expect(difference!.value).toBe(15);
    expect(assumedSd).toEqual({ value: 3, why: 'a guess' });
    // Half an interval of three seeds a side: 2.776 · 3 · √(2/3) = 6.8, below 15 − 5; of two, 12.9, it is not.
    expect(seedsNeeded).toBe(3);
    expect(claim([30.01], [25]).seedsNeeded).toBeNull();
  });

  test('several seeds are judged by their own SD', () => {
    expect(claim(around(40), around(25))).toMatchObject({ assumedSd: null, seedsNeeded: null });
  });
});

describe('a claim that is not judged', () => {
  test('has no run of one side yet', () => {
    expect(claim([], [25])).toMatchObject({
      verdict: 'not-run',
      difference: null,
      margin: threshold.margin,
      obstacle: { kind: 'not finished', networks: ['plain-56'] },
    });
  });

  test('has no margin under its profile', () => {
    expect(claim([90, 91], [10, 11], { profile: 'smoke' })).toMatchObject({
      verdict: 'not testable here',
      difference: null,
      margin: null,
      obstacle: { kind: 'no margin' },
    });
  });

  test('is about a network whose runs are tokens', () => {
    const token = { ...configFor('plain-56', 'mini'), token: { reason: '10 iterations' } };
    expect(claim(around(90), around(10), { networks: [configFor('plain-20', 'mini'), token] })).toMatchObject(
      {
        verdict: 'not testable here',
        difference: null,
        obstacle: { kind: 'token', network: 'plain-56', reason: '10 iterations' },
      },
    );
  });

  test('is about a network that is not run; recorded runs of it count', () => {
    const networks = [configFor('plain-20', 'mini'), configFor('plain-56', 'mini', 'too large')];
    expect(claim([], around(10), { networks })).toMatchObject({
      verdict: 'not testable here',
      obstacle: { kind: 'skipped', network: 'plain-56', reason: 'too large' },
    });
    expect(claim(around(40), around(10), { networks }).verdict).toBe('seen at this scale');
  });
});

test('confirmed and contradicted are words of the faithful profile, the scale is in those of the others', () => {
  const seeds = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 4 });
  fc.assert(
    fc.property(seeds, seeds, (worse, better) => {
      expect(claim(worse, better).verdict).not.toMatch(/confirmed|contradicted/);
      expect(claim(worse, better, { profile: 'paper' }).verdict).not.toMatch(/at this scale/);
    }),
  );
});
