import { mean } from './sample.ts';

/** Where a series of values changed its mean. */
export interface ChangePoint {
  /** Index of the first value after the change: the most likely one. */
  at: number;
  /** First and last index that the change may have: 95% of the likelihood. */
  from: number;
  to: number;
  /** Means before and from `at` on. */
  before: number;
  after: number;
}

/**
 * The change point of the values of successive nights, supposing that there is one: the argmax of the profile likelihood of
 * two means with one spread, which at a split is (residual sum of squares)^(-n/2). Null for fewer than four values, and
 * where none differ.
 */
export function changePoint(values: readonly number[]): ChangePoint | null {
  const n = values.length;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  if (n < 4 || !(squares > 0)) return null;
  const residuals: number[] = []; // of the splits before value 1, 2, ..., as shares of all squares
  let sum = 0;
  for (let t = 1; t < n; t++) {
    sum += values[t - 1]! - centre;
    const between = (sum ** 2 * n) / (t * (n - t));
    residuals.push(Math.max(1 - between / squares, 1e-12)); // what rounding may leave of nothing
  }
  const least = Math.min(...residuals);
  const likelihood = residuals.map(residual => (least / residual) ** (n / 2));
  const at = residuals.indexOf(least) + 1;
  return {
    ...{ at, ...interval(likelihood) },
    before: mean(values.slice(0, at)),
    after: mean(values.slice(at)),
  };
}

/** The most likely splits that hold 95% of the likelihood, and all between them. */
function interval(likelihood: readonly number[]): { from: number; to: number } {
  const enough = 0.95 * likelihood.reduce((a, b) => a + b);
  const order = likelihood.map((_, i) => i).sort((a, b) => likelihood[b]! - likelihood[a]!);
  const held: number[] = [];
  for (let sum = 0; sum < enough; sum += likelihood[held.at(-1)!]!) held.push(order[held.length]!);
  return { from: Math.min(...held) + 1, to: Math.max(...held) + 1 };
}
