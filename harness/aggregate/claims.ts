import type { Claim } from '../manifest/types.ts';
import type { RunRecord } from '../record/types.ts';
import { sampleOf } from './sample.ts';
import { type StudentQuantile, welch } from './student.ts';
import type { ClaimView, Sample } from './types.ts';

/** 97.5 % quantile of the standard normal distribution. */
const normalQuantile = 1.959963984540054;

/** How a claim's verdict is reached, for readers. */
export const claimRule =
  'A claim is confirmed when the whole 95 % interval of the difference lies above the margin, contradicted when it lies below 0, and inconclusive otherwise. The interval is Welch’s over seeds; with one seed on a side it rests on an SD assumed beforehand.';

/**
 * What the runs say about a claim "metric(worse) - metric(better) > margin" under a profile, by `claimRule`. An
 * order that is clear but by less than the margin is inconclusive, and so is every claim under a profile for which
 * no threshold was fixed beforehand.
 */
export function viewClaim(
  claim: Claim,
  profile: string,
  records: ReadonlyMap<string, RunRecord[]>,
  t: StudentQuantile,
): ClaimView {
  const { id, statement, where, metric } = claim;
  const threshold = claim.thresholds[profile] ?? null;
  const margin = threshold?.margin ?? null;
  const common = {
    id,
    statement,
    where,
    margin,
    basis: threshold?.basis ?? null,
    difference: null,
    assumedSd: null,
  };
  const worse = sampleOf(records.get(claim.worse) ?? [], metric);
  const better = sampleOf(records.get(claim.better) ?? [], metric);
  if (!worse || !better) return { ...common, verdict: 'not-run' };
  const measured = measuredHalfWidth(worse, better, t);
  const assumedSd = measured === null ? (threshold?.sd ?? null) : null;
  const half = measured ?? (assumedSd === null ? null : assumedHalfWidth(worse, better, assumedSd));
  if (half === null) return { ...common, verdict: 'inconclusive' };
  const value = worse.mean - better.mean;
  const interval = { value, low: value - half, high: value + half };
  return {
    ...common,
    verdict: verdictOf(interval, margin),
    difference: { ...interval, n: [worse.n, better.n] },
    assumedSd,
  };
}

/** Whether an interval needs the quantiles of Student's t: both sides have more than one seed. */
export function needsStudent(claim: Claim, records: ReadonlyMap<string, RunRecord[]>): boolean {
  return [claim.worse, claim.better].every(network => (records.get(network)?.length ?? 0) > 1);
}

function verdictOf(difference: { low: number; high: number }, margin: number | null): ClaimView['verdict'] {
  if (margin === null) return 'inconclusive';
  if (difference.low > margin) return 'confirmed';
  return difference.high < 0 ? 'contradicted' : 'inconclusive';
}

/** Half of Welch's 95 % interval of the difference of means; null unless both sides have several seeds. */
function measuredHalfWidth(a: Sample, b: Sample, t: StudentQuantile): number | null {
  if (a.sd === null || b.sd === null) return null;
  const { error, df } = welch({ mean: a.mean, sd: a.sd, n: a.n }, { mean: b.mean, sd: b.sd, n: b.n });
  return t(0.975, df) * error;
}

/** The same from an SD assumed for both sides: a side with one seed cannot say anything about spread. */
function assumedHalfWidth(a: Sample, b: Sample, sd: number): number {
  return normalQuantile * sd * Math.sqrt(1 / a.n + 1 / b.n);
}
