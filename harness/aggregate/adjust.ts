/**
 * Holm's step-down procedure (1979) as adjusted p-values: rejecting those of at most α keeps the chance of any wrong
 * rejection among all at most α, whatever depends on what. `family`: how many tests there are in all; those that were not
 * done yet count as p = 1.
 */
export function holm(ps: readonly number[], family = ps.length): number[] {
  const order = ascending(ps);
  const adjusted: number[] = Array(ps.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (family - rank) * ps[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** The step-up procedure of Benjamini and Hochberg (1995) as adjusted p-values: those of at most q are found at a false discovery rate of q. */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ascending(ps);
  const adjusted: number[] = Array(ps.length);
  let smallest = 1;
  for (let rank = order.length; rank >= 1; rank--) {
    const index = order[rank - 1]!;
    smallest = Math.min(smallest, (ps[index]! * ps.length) / rank);
    adjusted[index] = smallest;
  }
  return adjusted;
}

function ascending(ps: readonly number[]): number[] {
  return ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
}
