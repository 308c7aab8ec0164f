import { looks as allLooks, type LastLook } from '../manifest/looks.ts';
import type { PublishedValue, Tolerance } from '../manifest/types.ts';
import { median } from '../median.ts';
import { chances } from './chance.ts';
import {
  type Difference,
  differenceFromOne,
  differenceOfMeans,
  intervalOf,
  pBeyond,
  pWithin,
} from './difference.ts';
import { looksReached, nextLook, nominal, overall } from './looks.ts';
import { mean, standardDeviation } from './sample.ts';
import type { Group } from './student.ts';
import type { Evidence, Sample, Verdict } from './types.ts';

/** The rate of wrong verdicts that is allowed: of passes in each cell, of `differs` over a family. */
export const significance = 0.05;

/** What a sample says about a published value of one run or of the mean ± SD of several. */
export interface CellTest {
  published: PublishedValue;
  tolerance: Tolerance;
  lastLook: LastLook;
  /** What was found at each look so far. */
  looks: readonly Look[];
  /** One-sided p-value of agreement, and two-sided one of a difference beyond the margin, however often one looked. */
  pass: number;
  differs: number;
}

/** The first `n` seeds beside a published value. */
interface Look extends Difference {
  n: number;
  /** Small when the difference is shown to lie within the bound, or beyond the margin on either side. */
  within: number;
  beyond: number;
}

/** What a published value is compared by: its mean where the paper gives one (the best of several is not a mean). */
export function referenceOf(published: PublishedValue): number {
  return published.mean ?? published.value;
}

/** Whether a published value comes with the mean and SD of repeated runs. */
export function isRepeated(published: PublishedValue): boolean {
  return publishedGroup(published) !== null;
}

/**
 * Sets values of the seeds 1, 2, ... against a published value, at each look that they have reached. Two one-sided tests
 * (Schuirmann 1987) each way: a mean is reproduced when the difference is shown to lie within the margin, a single run
 * consistent when it is shown to lie within the resolution; both differ when it is shown to lie beyond the margin.
 */
export function testCell(
  published: PublishedValue,
  values: readonly number[],
  tolerance: Tolerance,
  lastLook: LastLook,
): CellTest {
  const bound = boundOf(published, tolerance);
  const looks = looksReached(values.length, lastLook).map((n): Look => {
    const difference = differenceTo(published, groupOf(values.slice(0, n)));
    const within = pWithin(difference, bound);
    return { ...difference, n, within, beyond: pBeyond(difference, tolerance.margin.value) };
  });
  const smallest = (ps: number[]) => overall(Math.min(1, ...ps), lastLook);
  const pass = smallest(looks.map(({ within }) => within));
  const differs = Math.min(1, 2 * smallest(looks.map(({ beyond }) => beyond)));
  return { published, tolerance, lastLook, looks, pass, differs };
}

/** Whether a group of seeds would settle a cell of a family by itself, at a look. */
export function settlesCell(
  published: PublishedValue,
  tolerance: Tolerance,
  lastLook: LastLook,
  family: number,
): (group: Group) => boolean {
  const bound = boundOf(published, tolerance);
  const [pass, differs] = [nominal(significance, lastLook), nominal(significance / 2 / family, lastLook)];
  return group => {
    const difference = differenceTo(published, group);
    return pWithin(difference, bound) <= pass || pBeyond(difference, tolerance.margin.value) <= differs;
  };
}

/** The verdict of a cell and what it rests on. `differs`: its p-value after Holm's correction over `family` cells. */
export function judge(
  test: CellTest,
  sample: Sample,
  differs: number,
  family: number,
  diverged: Evidence['diverged'],
): { verdict: Verdict; evidence: Evidence } {
  const { published, tolerance, lastLook, looks, pass } = test;
  const repeated = isRepeated(published);
  const verdict = verdictOf(test, differs, diverged.length > 0);
  const look = decidingLook(looks, verdict);
  const level = 1 - 2 * nominal(significance, lastLook);
  const evidence: Evidence = {
    method: repeated ? 'equivalence' : 'prediction',
    reference: referenceOf(published),
    bound: boundOf(published, tolerance),
    margin: tolerance.margin.value,
    seeds: look?.n ?? null,
    difference: look?.value ?? null,
    interval: look ? intervalOf(look, level) : null,
    level,
    df: look?.df ?? null,
    ...{ pass, differs, family },
    nextLook: verdict === 'inconclusive' ? nextLook(sample.n, lastLook) : null,
    chances: verdict === 'inconclusive' && look ? chancesOf(test, sample, family) : [],
    diverged,
  };
  return { verdict, evidence };
}

/** From the last look on; seeds between two looks are known, and decide nothing. */
function chancesOf(
  { published, tolerance, lastLook, looks }: CellTest,
  { values, runs }: Sample,
  family: number,
) {
  const { n } = looks.at(-1)!;
  const later = allLooks.filter(look => look > n && look <= lastLook);
  const settles = settlesCell(published, tolerance, lastLook, family);
  return chances(groupOf(values.slice(0, n)), later, settles, runs[0] ?? '');
}

/** How many of the seeds 1, 2, ... a sample has without a gap: what verdicts are read from. */
export function seedsInOrder({ seeds }: Pick<Sample, 'seeds'>): number {
  const gap = seeds.findIndex((seed, i) => seed !== i + 1);
  return gap < 0 ? seeds.length : gap;
}

/**
 * Seeds that did not converge: no finite value, one within 5 points of `chance`, or more than three times the median of
 * at least three others. They are a finding of their own, and never widen an interval.
 */
export function divergedSeeds(
  { values, seeds }: Pick<Sample, 'values' | 'seeds'>,
  chance: number | null,
): Evidence['diverged'] {
  return values.flatMap((value, i) => {
    const others = values.filter((_, j) => j !== i);
    const nearChance = chance !== null && value >= chance - 5;
    const farOff = others.length >= 3 && value > 3 * median(others);
    return !Number.isFinite(value) || nearChance || farOff ? [{ seed: seeds[i]!, value }] : [];
  });
}

function verdictOf({ published, pass }: CellTest, differs: number, hasDiverged: boolean): Verdict {
  if (hasDiverged) return 'inconclusive';
  if (differs <= significance) return 'differs';
  if (pass > significance) return 'inconclusive';
  return isRepeated(published) ? 'reproduced' : 'consistent';
}

/** The look that speaks most clearly for the verdict; the last one where nothing is decided. */
function decidingLook(looks: readonly Look[], verdict: Verdict): Look | undefined {
  if (verdict === 'inconclusive') return looks.at(-1);
  const p = verdict === 'differs' ? 'beyond' : 'within';
  return looks.reduce<Look | undefined>(
    (best, look) => (best && best[p] <= look[p] ? best : look),
    undefined,
  );
}

/** A published mean is as wide as its margin, a single run as what it can be told from. */
function boundOf(published: PublishedValue, { margin, resolution }: Tolerance): number {
  return isRepeated(published) ? margin.value : resolution.value;
}

function differenceTo(published: PublishedValue, ours: Group): Difference {
  const theirs = publishedGroup(published);
  return theirs ? differenceOfMeans(ours, theirs) : differenceFromOne(ours, referenceOf(published));
}

/** The paper does not say whether its SD divides by k or k - 1: the larger of the two is taken. */
function publishedGroup({ mean, sd, runs }: PublishedValue): Group | null {
  return mean !== undefined && sd !== undefined && runs !== undefined && runs > 1
    ? { mean, sd: sd * Math.sqrt(runs / (runs - 1)), n: runs }
    : null;
}

function groupOf(values: readonly number[]): Group {
  return { mean: mean(values), sd: standardDeviation(values)!, n: values.length };
}
