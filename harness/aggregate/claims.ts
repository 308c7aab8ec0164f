import type { Claim } from '../manifest/types.ts';
import { own } from '../own.ts';
import type { Task } from '../tasks/task.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import { type StudentQuantile, welch } from './student.ts';
import type { ClaimDifference, ClaimView, Sample } from './types.ts';

/** 97.5% quantile of the standard normal distribution. */
const normalQuantile = 1.959963984540054;

/** Coverage of the intervals that claims are judged by. */
const level = 0.95;

/**
 * What the runs say about a claim that `better` is better than `worse` by more than a margin: confirmed when the whole
 * 95% interval of the difference lies above the margin, contradicted when it lies below 0, and inconclusive otherwise.
 * An order that is clear but by less than the margin is inconclusive, and so is every claim under a profile for which
 * no threshold was fixed beforehand.
 */
export function viewClaim(
  claim: Claim,
  profile: string,
  { measures }: Pick<Task, 'measures'>,
  runs: Runs,
  t: StudentQuantile,
): ClaimView {
  const { id, statement, where, measure, thresholds } = claim;
  const { unit, direction } = measures[measure]!;
  const threshold = own(thresholds, profile) ?? null;
  const margin = threshold?.margin ?? null;
  const sides = [claim.worse, claim.better].map(network => {
    return { network, sample: sampleOf(trainingsOf(runs, network), measure) };
  });
  const samples = sides.flatMap(({ sample }) => (isSample(sample) ? [sample] : []));
  const common = {
    id,
    statement,
    where,
    measure,
    unit,
    better: claim.better,
    worse: claim.worse,
    margin,
    basis: threshold?.basis ?? null,
    missing: sides.filter(({ sample }) => !isSample(sample)).map(({ network }) => network),
    runs: samples.flatMap(sample => sample.runs),
    difference: null,
    assumedSd: null,
  };
  const [worse, better] = samples;
  if (!worse || !better) return { ...common, verdict: 'not-run' };
  const measured = measuredInterval(worse, better, t);
  const assumedSd = measured === null ? (threshold?.sd ?? null) : null;
  const interval = measured ?? (assumedSd === null ? null : assumedInterval(worse, better, assumedSd));
  if (interval === null) return { ...common, verdict: 'inconclusive' };
  const value = direction === 'lower' ? worse.mean - better.mean : better.mean - worse.mean;
  const difference: ClaimDifference = {
    value,
    low: value - interval.half,
    high: value + interval.half,
    level,
    df: interval.df,
    n: [worse.n, better.n],
  };
  return { ...common, verdict: verdictOf(difference, margin), difference, assumedSd };
}

function verdictOf({ low, high }: ClaimDifference, margin: number | null): ClaimView['verdict'] {
  if (margin === null) return 'inconclusive';
  if (low > margin) return 'confirmed';
  return high < 0 ? 'contradicted' : 'inconclusive';
}

/** Half of an interval, and the degrees of freedom of its quantile. */
type Interval = { half: number; df: number | null };

/** Welch's interval of the difference of means; null unless both sides have several seeds. */
function measuredInterval(a: Sample, b: Sample, t: StudentQuantile): Interval | null {
  if (a.sd === null || b.sd === null) return null;
  const { error, df } = welch({ mean: a.mean, sd: a.sd, n: a.n }, { mean: b.mean, sd: b.sd, n: b.n });
  return { half: t((1 + level) / 2, df) * error, df };
}

/** The same from an SD assumed for both sides: a side with one seed cannot say anything about spread. */
function assumedInterval(a: Sample, b: Sample, sd: number): Interval {
  return { half: normalQuantile * sd * Math.sqrt(1 / a.n + 1 / b.n), df: null };
}
