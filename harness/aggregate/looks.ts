import { type LastLook, looks } from '../manifest/looks.ts';

/** The looks that `n` seeds have reached, of a design that ends at `last`. */
export function looksReached(n: number, last: LastLook): number[] {
  return looks.filter(look => look <= Math.min(n, last));
}

/** The next look beyond `n` seeds; null when the design has ended. */
export function nextLook(n: number, last: LastLook): number | null {
  return looks.find(look => look > n && look <= last) ?? null;
}

/**
 * An ordinary one-sided p-value from the smallest of those at the looks so far: a level of α is kept however often one
 * looked. At every look the nominal level is c(α) α; c is calibrated for the t statistic of one sample, the worst case for two.
 */
export function overall(smallest: number, last: LastLook): number {
  const count = looks.indexOf(last) + 1;
  if (count === 1) return smallest;
  const nominal = factors[last].map((c, i) => c * levels[i]!);
  if (smallest >= nominal[0]!) return Math.min(1, smallest / factors[last][0]!);
  const i = nominal.findIndex(level => smallest >= level);
  // Beyond the table Bonferroni's bound holds at any level.
  if (i < 0) return Math.min(levels.at(-1)!, smallest * count);
  const share = Math.log(smallest / nominal[i]!) / Math.log(nominal[i - 1]! / nominal[i]!);
  return levels[i]! * (levels[i - 1]! / levels[i]!) ** share;
}

/** The one-sided level of each look of a design whose overall level is α: what an interval is shown at. Inverse of `overall`. */
export function nominal(alpha: number, last: LastLook): number {
  let [low, high] = [0, alpha];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (overall(middle, last) <= alpha) low = middle;
    else high = middle;
  }
  return low;
}

/** Overall one-sided levels, and by last look the factor that makes the nominal level of each look of them. */
const levels = [0.05, 0.025, 0.0125, 0.005, 0.0025, 0.001];
const factors: Readonly<Record<LastLook, readonly number[]>> = {
  3: [1, 1, 1, 1, 1, 1],
  5: [0.589, 0.564, 0.54, 0.534, 0.53, 0.538],
  8: [0.425, 0.397, 0.38, 0.365, 0.358, 0.357],
  12: [0.339, 0.313, 0.298, 0.286, 0.282, 0.269],
  20: [0.278, 0.256, 0.243, 0.232, 0.229, 0.215],
};
