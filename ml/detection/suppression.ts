import { type Box, overlap } from './boxes.ts';

/** Places of scores from the highest to the lowest; equal ones stay in their order. */
export function byScore(scores: ArrayLike<number>): number[] {
  return Array.from(scores, (_, place) => place).sort((a, b) => scores[b]! - scores[a]!);
}

/**
 * Non-maximum suppression: the places of the boxes that are kept, best score first. A box goes when it overlaps one that was
 * kept by more than the threshold; of equal scores the first comes first. `most`: no more than so many are kept.
 */
export function suppressed(
  boxes: readonly Box[],
  scores: ArrayLike<number>,
  threshold: number,
  most = Number.POSITIVE_INFINITY,
): number[] {
  const kept: number[] = [];
  for (const place of byScore(scores)) {
    if (kept.length >= most) break;
    if (kept.every(other => overlap(boxes[other]!, boxes[place]!) <= threshold)) kept.push(place);
  }
  return kept;
}

/**
 * Box voting (Gidaris and Komodakis 2015, the paper's ref. 6): each kept box becomes the mean of all boxes that overlap it by
 * the threshold or more, weighted by their scores, negative ones not at all. Scores stay. A box without votes stays too.
 */
export function voted(
  kept: readonly number[],
  boxes: readonly Box[],
  scores: ArrayLike<number>,
  threshold = 0.5,
): Box[] {
  return kept.map(place => {
    const sums = [0, 0, 0, 0];
    let weights = 0;
    for (const [other, box] of boxes.entries()) {
      const weight = Math.max(0, scores[other]!);
      if (weight === 0 || overlap(boxes[place]!, box) < threshold) continue;
      weights += weight;
      for (const [i, side] of box.entries()) sums[i]! += weight * side;
    }
    return weights === 0 ? boxes[place]! : (sums.map(sum => sum / weights) as unknown as Box);
  });
}
