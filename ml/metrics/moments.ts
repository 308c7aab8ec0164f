/**
 * Standard deviations over a whole data set (Figure 7) from batches of equal size, each of which holds
 * [mean, mean of squares] per layer.
 */
export function standardDeviations(batches: readonly ArrayLike<number>[]): number[] {
  const layers = (batches[0]?.length ?? 0) / 2;
  return Array.from({ length: layers }, (_, layer) => {
    const mean = meanOf(batches, 2 * layer);
    return Math.sqrt(Math.max(0, meanOf(batches, 2 * layer + 1) - mean ** 2));
  });
}

function meanOf(batches: readonly ArrayLike<number>[], at: number): number {
  return batches.reduce((sum, batch) => sum + batch[at]!, 0) / batches.length;
}
