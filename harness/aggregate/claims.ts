import type { Claim, NetworkConfig, Threshold } from '../manifest/types.ts';
import { own } from '../own.ts';
import type { Task } from '../tasks/task.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import { studentQuantile, welch } from './student.ts';
import type { ClaimDifference, ClaimObstacle, ClaimVerdict, ClaimView, Sample } from './types.ts';

/** Seeds beyond which no promise is made about what more of them would settle. */
const mostSeeds = 100;

/** Coverage of the intervals that claims are judged by. */
const level = 0.95;

/** Where a claim is tested. */
interface Setting {
  profile: string;
  faithful: boolean;
  networks: readonly NetworkConfig[];
}

/**
 * What the runs say about a claim that `better` is better than `worse` by more than a margin. It is decided by Welch's 95%
 * interval of the difference, which needs two seeds a side: above the margin the claim holds, below 0 the order is
 * reversed. An order that is clear but by less than the margin is inconclusive under the paper's own protocol, and not
 * seen under another profile. Tokens and profiles without a margin fixed beforehand test nothing.
 */
export function viewClaim(
  claim: Claim,
  setting: Setting,
  { measures }: Pick<Task, 'measures'>,
  runs: Runs,
): ClaimView {
  const { id, statement, where, measure, better, worse, thresholds } = claim;
  const { name: quantity, unit, direction } = measures[measure]!;
  const threshold = own(thresholds, setting.profile) ?? null;
  const sides = [worse, better].map(network => sampleOf(trainingsOf(runs, network), measure));
  const samples = sides.filter(isSample);
  const common = {
    ...{ id, statement, where, measure, quantity, unit, direction, better, worse },
    margin: threshold?.margin ?? null,
    ...{ difference: null, assumedSd: null, seedsNeeded: null, obstacle: null },
    runs: samples.flatMap(sample => sample.runs),
  };
  const obstacle = obstacleTo(claim, setting, sides.map(isSample), threshold);
  if (obstacle)
    return {
      ...common,
      obstacle,
      verdict: obstacle.kind === 'not finished' ? 'not-run' : 'not testable here',
    };
  const difference = differenceOf(samples[0]!, samples[1]!, direction);
  const { margin, sd } = threshold!;
  if (difference.interval === null) {
    const seedsNeeded = seedsFor(difference.value, threshold!, setting.faithful);
    return { ...common, verdict: 'inconclusive', difference, assumedSd: sd, seedsNeeded };
  }
  return { ...common, verdict: verdictOf(difference.interval, margin.value, setting.faithful), difference };
}

function verdictOf([low, high]: readonly [number, number], margin: number, faithful: boolean): ClaimVerdict {
  if (low > margin) return faithful ? 'confirmed' : 'seen at this scale';
  if (high < 0) return faithful ? 'contradicted' : 'reversed at this scale';
  return !faithful && high < margin ? 'not seen at this scale' : 'inconclusive';
}

/** Why a claim cannot be judged; what will not change goes before what only has to be run. `has`: which sides have runs. */
function obstacleTo(
  { worse, better }: Claim,
  { networks }: Setting,
  has: readonly boolean[],
  threshold: Threshold | null,
): ClaimObstacle | null {
  const sides = [worse, better];
  const configs = networks.filter(({ name }) => sides.includes(name));
  const token = configs.find(config => config.token);
  if (token) return { kind: 'token', network: token.name, reason: token.token!.reason };
  const skipped = configs.find(({ name, skipped }) => skipped && !has[sides.indexOf(name)]);
  if (skipped) return { kind: 'skipped', network: skipped.name, reason: skipped.skipped!.reason };
  if (!threshold) return { kind: 'no margin' };
  const missing = sides.filter((_, i) => !has[i]);
  return missing.length > 0 ? { kind: 'not finished', networks: missing } : null;
}

/** Positive when `better` is better, with Welch's interval where both sides have several seeds. */
function differenceOf(worse: Sample, better: Sample, direction: 'lower' | 'higher'): ClaimDifference {
  const value = direction === 'lower' ? worse.mean - better.mean : better.mean - worse.mean;
  const n: ClaimDifference['n'] = [worse.n, better.n];
  if (worse.sd === null || better.sd === null) return { value, interval: null, level, df: null, n };
  const { error, df } = welch({ ...worse, sd: worse.sd }, { ...better, sd: better.sd });
  const half = studentQuantile((1 + level) / 2, df) * error;
  return { value, interval: [value - half, value + half], level, df, n };
}

/** Seeds a side that would settle a claim at this difference and the SD assumed for both; null when `mostSeeds` would not. */
function seedsFor(value: number, { margin, sd }: Threshold, faithful: boolean): number | null {
  for (let n = 2; n <= mostSeeds; n++) {
    const half = studentQuantile((1 + level) / 2, 2 * n - 2) * sd.value * Math.sqrt(2 / n);
    if (verdictOf([value - half, value + half], margin.value, faithful) !== 'inconclusive') return n;
  }
  return null;
}
