import type { Claim } from '../manifest/types.ts';
import type { RunRecord } from '../record/types.ts';
import { sampleOf } from './sample.ts';
import { type StudentQuantile, welch } from './student.ts';
import type { ClaimView, Sample } from './types.ts';

/** 97.5 % quantile of the standard normal distribution. */
const normalQuantile = 1.959963984540054;

/**
 * What the runs say about a claim "metric(worse) - metric(better) > margin" under a profile, by the 95 % interval
 * of the difference of means:
 * - `confirmed`: the whole interval is above the margin;
 * - `contradicted`: the whole interval is below 0, the order is reversed;
 * - `inconclusive`: all else, also an order that is clear but by less than the margin, and a profile for which
 *   no threshold was fixed beforehand.
 */
export function viewClaim(
  claim: Claim,
  profile: string,
  records: ReadonlyMap<string, RunRecord[]>,
  t: StudentQuantile,
): ClaimView {
  const threshold = claim.thresholds[profile] ?? null;
  const common = {
    id: claim.id,
    statement: claim.statement,
    where: claim.where,
    margin: threshold?.margin ?? null,
    basis: threshold?.basis ?? null,
  };
  const worse = sampleOf(records.get(claim.worse) ?? [], claim.metric);
  const better = sampleOf(records.get(claim.better) ?? [], claim.metric);
  if (!worse || !better) return { ...common, verdict: 'not-run', difference: null };
  const half = halfWidth(worse, better, threshold?.sd ?? null, t);
  if (half === null) return { ...common, verdict: 'inconclusive', difference: null };
  const value = worse.mean - better.mean;
  const difference = {
    value,
    low: value - half,
    high: value + half,
    n: [worse.n, better.n] as [number, number],
  };
  return { ...common, verdict: verdictOf(difference, common.margin), difference };
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

/**
 * Half the 95 % interval of the difference of means: Welch's with several seeds on both sides; with one seed on
 * a side nothing can be said about spread, so the SD assumed beforehand holds for both sides, with a normal interval.
 */
function halfWidth(a: Sample, b: Sample, assumedSd: number | null, t: StudentQuantile): number | null {
  if (a.sd !== null && b.sd !== null) {
    const { error, df } = welch({ mean: a.mean, sd: a.sd, n: a.n }, { mean: b.mean, sd: b.sd, n: b.n });
    return t(0.975, df) * error;
  }
  return assumedSd === null ? null : normalQuantile * assumedSd * Math.sqrt(1 / a.n + 1 / b.n);
}
