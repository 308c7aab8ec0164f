import type { PublishedValue } from '../manifest/types.ts';
import { type Group, type StudentQuantile, welch } from './student.ts';
import type { Sample, Verdict } from './types.ts';

/**
 * Equivalence margin in points of error: means closer than this count as the same. Fixed before any run under
 * `paper`. It applies where the paper gives mean ± SD, which is ResNet-110 in Table 6, and is smaller than the
 * gap that value's claim rests on: 0.36 points to ResNet-56.
 */
export const margin = 0.3;

/** Two-sided error rate of a table's `differs`, shared among its cells (Holm 1979). */
const significance = 0.05;

/** Seeds beyond which no promise is made about what more of them would decide. */
const mostSeeds = 100;

/** Our sample against a published value under the paper's own protocol. */
export interface Comparison {
  published: PublishedValue;
  sample: Sample;
  /** The value that ours is set against: the mean of the published runs where it is given. */
  reference: number;
  /** Whether the two agree, on the evidence there is: `consistent` or `reproduced`. */
  agrees: boolean;
  /** Whether they differ at a two-sided level. Never true together with `agrees`. */
  differsAt(level: number): boolean;
}

/** What a published value is compared by: its mean where the paper gives one (best of five is not a mean). */
export function referenceOf(published: PublishedValue): number {
  return published.mean ?? published.value;
}

/** Sets a sample against a published value; the spread of a single seed is taken from `published.sd`, if given. */
export function compare(published: PublishedValue, sample: Sample, t: StudentQuantile): Comparison {
  const reference = referenceOf(published);
  const theirs = publishedGroup(published);
  const test = theirs ? equivalence(sample, theirs, t) : prediction(sample, reference, t);
  return { published, sample, reference, ...test };
}

/**
 * Holm's step-down procedure, without p-values: the level at which each comparison of a family is tested in
 * the end. With R rejected at level a / (m - R) and no further one, exactly Holm's rejections remain.
 */
export function holmLevel(family: readonly Comparison[]): number {
  for (let rejected = 0; ; ) {
    const level = significance / Math.max(1, family.length - rejected);
    const now = family.filter(comparison => comparison.differsAt(level)).length;
    if (now === rejected || now === family.length) return level;
    rejected = now;
  }
}

/** The verdict of a comparison whose `differs` is tested at `level`, and what it rests on. */
export function judge(
  comparison: Comparison,
  level: number,
  t: StudentQuantile,
): { verdict: Verdict; note: string | null } {
  const { published, sample, reference } = comparison;
  const repeated = publishedGroup(published) !== null;
  const verdict = outcome(comparison, level, repeated);
  const basis = repeated ? differenceNote(sample, publishedGroup(published)!, t) : predictionNote(sample, t);
  if (verdict !== 'inconclusive') return { verdict, note: basis };
  const more = moreSeeds(published, sample, level, t);
  const seeds =
    more === null
      ? `even ${mostSeeds} seeds would not decide at this mean and SD`
      : `${more} more seed${more === 1 ? '' : 's'} would decide${sample.n < 2 ? '' : ' at this mean and SD'}`;
  const reason =
    basis ??
    `${sample.n === 1 ? 'one seed' : `${sample.n} seeds`} beside ${reference}${repeated ? '' : ': an interval needs 3'}`;
  return { verdict, note: `${reason}; ${seeds}` };
}

/** The fewest further seeds that would decide if mean and SD stayed as they are; null when none up to 100 would. */
export function moreSeeds(
  published: PublishedValue,
  sample: Sample,
  level: number,
  t: StudentQuantile,
): number | null {
  const sd = sample.sd ?? published.sd ?? null;
  // A single run beside a single run: any outcome of three seeds has a prediction interval.
  if (sd === null || (publishedGroup(published) === null && sample.n < 3)) return 3 - sample.n;
  for (let n = sample.n + 1; n <= mostSeeds; n++) {
    const imagined = compare(published, { ...sample, sd, n }, t);
    if (imagined.agrees || imagined.differsAt(level)) return n - sample.n;
  }
  return null;
}

function outcome(comparison: Comparison, level: number, repeated: boolean): Verdict {
  if (comparison.agrees) return repeated ? 'reproduced' : 'consistent';
  return comparison.differsAt(level) ? 'differs' : 'inconclusive';
}

function publishedGroup({ mean, sd, runs }: PublishedValue): Group | null {
  return mean !== undefined && sd !== undefined && runs !== undefined && runs > 1
    ? { mean, sd, n: runs }
    : null;
}

/**
 * A published single run: inside the prediction interval of one more run of ours, mean ± t(n - 1) s sqrt(1 + 1/n),
 * it is consistent; it differs outside the interval at the family's level; it can never be reproduced.
 */
function prediction(sample: Sample, published: number, t: StudentQuantile) {
  const away = Math.abs(sample.mean - published);
  const half = (level: number) => predictionHalfWidth(sample, level, t);
  return {
    agrees: sample.n >= 3 && away <= half(significance),
    differsAt: (level: number) => sample.n >= 3 && away > half(level),
  };
}

/**
 * Published mean ± SD over k runs: reproduced when two one-sided Welch tests (TOST, Schuirmann 1987) both show
 * a difference of means smaller than the margin, that is when its 90 % interval lies within it; differs when the
 * interval at the family's level lies wholly beyond the margin. "Not significantly different" is neither.
 */
function equivalence(sample: Sample, published: Group, t: StudentQuantile) {
  const { mean, sd, n } = sample;
  if (sd === null) return { agrees: false, differsAt: () => false };
  const { error, df } = welch({ mean, sd, n }, published);
  const away = Math.abs(mean - published.mean);
  return {
    agrees: away + t(1 - significance, df) * error < margin,
    differsAt: (level: number) => away - t(1 - level / 2, df) * error > margin,
  };
}

function predictionHalfWidth({ sd, n }: Sample, level: number, t: StudentQuantile): number {
  return t(1 - level / 2, n - 1) * sd! * Math.sqrt(1 + 1 / n);
}

function predictionNote(sample: Sample, t: StudentQuantile): string | null {
  if (sample.n < 3) return null;
  const half = predictionHalfWidth(sample, significance, t);
  return `95 % prediction interval of one run ${fixed(sample.mean - half)} to ${fixed(sample.mean + half)}`;
}

function differenceNote(sample: Sample, published: Group, t: StudentQuantile): string | null {
  if (sample.sd === null) return null;
  const { error, df } = welch({ mean: sample.mean, sd: sample.sd, n: sample.n }, published);
  const difference = sample.mean - published.mean;
  const half = t(1 - significance, df) * error;
  const interval = `${signed(difference - half)} to ${signed(difference + half)}`;
  return `difference of means ${signed(difference)}, 90 % interval ${interval}, margin ±${margin}`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
