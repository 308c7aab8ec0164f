/** Columns and rows of an image whose shorter side has some pixels, or less where its longer side would have too many. */
export function scaledTo(
  [width, height]: readonly [number, number],
  shorter: number,
  longest = Number.POSITIVE_INFINITY,
): [columns: number, rows: number] {
  const scale = Math.min(shorter / Math.min(width, height), longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** The longer side of whole images at most: as 1,000 pixels go with 600 in Ren et al. 2015 (the paper's ref. 32). */
export function longestOf(shorter: number): number {
  return Math.floor((5 * shorter) / 3);
}
