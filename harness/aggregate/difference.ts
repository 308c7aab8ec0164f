import { type Group, studentQuantile, studentTail, welch } from './student.ts';

/** A difference of two means, or of a mean and a single value, with its standard error and the degrees of freedom of that. */
export interface Difference {
  value: number;
  error: number;
  df: number;
}

/** The first mean minus the second (Welch 1947): no equal spreads are assumed. Each group has at least two values. */
export function differenceOfMeans(a: Group, b: Group): Difference {
  return { value: a.mean - b.mean, ...welch(a, b) };
}

/** The first mean minus the second, where both are taken to have one spread (pooled t). Either may be a single value of SD 0. */
export function differenceOfPooled(a: Group, b: Group): Difference {
  const df = a.n + b.n - 2;
  const variance = ((a.n - 1) * a.sd ** 2 + (b.n - 1) * b.sd ** 2) / df;
  return { value: a.mean - b.mean, error: Math.sqrt(variance * (1 / a.n + 1 / b.n)), df };
}

/**
 * The mean of a group minus a single value of another: what one run more would scatter by, if its spread is that of the
 * group. The group has at least two values.
 */
export function differenceFromOne({ mean, sd, n }: Group, single: number): Difference {
  return { value: mean - single, error: sd * Math.sqrt(1 + 1 / n), df: n - 1 };
}

/** The mean of a group minus a fixed value. The group has at least two values. */
export function differenceFromFixed({ mean, sd, n }: Group, fixed: number): Difference {
  return { value: mean - fixed, error: sd / Math.sqrt(n), df: n - 1 };
}

/** One-sided p: how well a difference of at most `bound` explains what was seen. Small: evidence that it lies above. */
export function pAbove({ value, error, df }: Difference, bound: number): number {
  return studentTail((value - bound) / error, df);
}

/** One-sided p: how well a difference of at least `bound` explains what was seen. Small: evidence that it lies below. */
export function pBelow({ value, error, df }: Difference, bound: number): number {
  return studentTail((bound - value) / error, df);
}

/**
 * Two one-sided tests (Schuirmann 1987): small when the difference is shown to lie within ± `bound` of `centre`. The larger
 * of the two p-values is that of the nearer end.
 */
export function pWithin({ value, error, df }: Difference, bound: number, centre = 0): number {
  return studentTail((bound - Math.abs(value - centre)) / error, df);
}

/** Small when the difference is shown to lie outside ± `bound` of `centre`, on either side: one-sided; two sides cost twice. */
export function pBeyond({ value, error, df }: Difference, bound: number, centre = 0): number {
  return studentTail((Math.abs(value - centre) - bound) / error, df);
}

/** Two-sided interval of a difference at a level of confidence: 0.9 is what lies within a bound when `pWithin` is at most 0.05. */
export function intervalOf(
  { value, error, df }: Difference,
  level: number,
): readonly [low: number, high: number] {
  const half = error === 0 ? 0 : studentQuantile((1 + level) / 2, df) * error;
  return [value - half, value + half];
}
