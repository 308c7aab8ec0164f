import type { PublishedValue } from '../manifest/types.ts';
import { type Group, studentQuantile, welch } from './student.ts';
import type { Evidence, Sample, Verdict } from './types.ts';

/** Two-sided error rate of a table's `differs`, shared among its cells (Holm 1979). */
const significance = 0.05;

/** Seeds beyond which no promise is made about what more of them would settle. */
export const mostSeeds = 100;

/** Mean and spread of our runs. */
type Spread = Pick<Sample, 'mean' | 'sd' | 'n'>;

/** Our sample against a published value under the paper's own protocol. */
export interface Comparison {
  published: PublishedValue;
  sample: Spread;
  /** Means closer than this count as the same; null where none was fixed for the unit. */
  margin: number | null;
  /** Whether the two agree, on the evidence there is: `consistent` or `reproduced`. */
  agrees: boolean;
  /** Whether they differ at a two-sided level. Never true together with `agrees`. */
  differsAt(level: number): boolean;
}

/** What a published value is compared by: its mean where the paper gives one (the best of several is not a mean). */
export function referenceOf(published: PublishedValue): number {
  return published.mean ?? published.value;
}

/** Whether a published value comes with the mean and SD of repeated runs. */
export function isRepeated(published: PublishedValue): boolean {
  return publishedGroup(published) !== null;
}

/** Sets a sample against a published value. */
export function compare(published: PublishedValue, sample: Spread, margin: number | null): Comparison {
  const theirs = publishedGroup(published);
  const test = theirs ? equivalence(sample, theirs, margin) : prediction(sample, referenceOf(published));
  return { published, sample, margin, ...test };
}

/** Whether a comparison could come out as `differs`: only those that could share the error rate. */
export function isDecidable({ published, sample }: Comparison): boolean {
  return sample.n >= (published.mean === undefined ? 3 : 2);
}

/**
 * Holm's step-down procedure, without p-values: the level at which each comparison of a family is tested in
 * the end. With R rejected at level a / (m - R) and no further one, exactly Holm's rejections remain.
 */
export function holmLevel(family: readonly Pick<Comparison, 'differsAt'>[]): number {
  for (let rejected = 0; ; ) {
    const level = significance / Math.max(1, family.length - rejected);
    const now = family.filter(comparison => comparison.differsAt(level)).length;
    if (now === rejected || now === family.length) return level;
    rejected = now;
  }
}

/** The verdict of a comparison whose `differs` is tested at `level`, and what it rests on. */
export function judge(comparison: Comparison, level: number): { verdict: Verdict; evidence: Evidence } {
  const { published, margin, agrees } = comparison;
  const repeated = isRepeated(published);
  const differs = comparison.differsAt(level);
  const verdict = agrees ? (repeated ? 'reproduced' : 'consistent') : differs ? 'differs' : 'inconclusive';
  const evidence: Evidence = {
    method: repeated ? 'equivalence' : 'prediction',
    reference: referenceOf(published),
    ...intervalOf(comparison),
    margin: repeated ? margin : null,
    testedAt: level,
    moreSeeds: verdict === 'inconclusive' ? moreSeeds(comparison, level) : 0,
  };
  return { verdict, evidence };
}

/** The fewest further seeds that would settle it if mean and SD stayed as they are; null when none up to 100 would. */
export function moreSeeds(
  { published, sample, margin }: Pick<Comparison, 'published' | 'sample' | 'margin'>,
  level: number,
): number | null {
  const sd = sample.sd ?? published.sd ?? null;
  // A single run beside a single run: any outcome of three seeds has a prediction interval.
  if (sd === null || (!isRepeated(published) && sample.n < 3)) return 3 - sample.n;
  for (let n = sample.n + 1; n <= mostSeeds; n++) {
    const imagined = compare(published, { ...sample, sd, n }, margin);
    if (imagined.agrees || imagined.differsAt(level)) return n - sample.n;
  }
  return null;
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
function prediction(sample: Spread, published: number) {
  const away = Math.abs(sample.mean - published);
  const half = (level: number) => predictionHalfWidth(sample, level);
  return {
    agrees: sample.n >= 3 && away <= half(significance),
    differsAt: (level: number) => sample.n >= 3 && away > half(level),
  };
}

/**
 * Published mean ± SD over k runs: reproduced when two one-sided Welch tests (TOST, Schuirmann 1987) both show
 * a difference of means smaller than the margin, that is when its 90% interval lies within it; differs when the
 * interval at the family's level lies wholly beyond the margin. "Not significantly different" is neither.
 */
function equivalence({ mean, sd, n }: Spread, published: Group, margin: number | null) {
  if (sd === null || margin === null) return { agrees: false, differsAt: () => false };
  const { error, df } = welch({ mean, sd, n }, published);
  const away = Math.abs(mean - published.mean);
  return {
    agrees: away + studentQuantile(1 - significance, df) * error < margin,
    differsAt: (level: number) => away - studentQuantile(1 - level / 2, df) * error > margin,
  };
}

function predictionHalfWidth({ sd, n }: Spread, level: number): number {
  return studentQuantile(1 - level / 2, n - 1) * sd! * Math.sqrt(1 + 1 / n);
}

/** The interval that `agrees` looks at: 90% of the difference of means, or 95% of one more run. */
function intervalOf({ published, sample }: Comparison): Pick<Evidence, 'interval' | 'level' | 'df'> {
  const { mean, sd, n } = sample;
  const theirs = publishedGroup(published);
  const level = theirs ? 1 - 2 * significance : 1 - significance;
  if (sd === null || (!theirs && n < 3)) return { interval: null, level, df: null };
  if (!theirs) {
    const half = predictionHalfWidth(sample, significance);
    return { interval: [mean - half, mean + half], level, df: n - 1 };
  }
  const { error, df } = welch({ mean, sd, n }, theirs);
  const half = studentQuantile(1 - significance, df) * error;
  const difference = mean - theirs.mean;
  return { interval: [difference - half, difference + half], level, df };
}
