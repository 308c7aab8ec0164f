import { type Box, clipped, decoded } from '../../../ml/detection/boxes.ts';
import { suppressed, voted } from '../../../ml/detection/suppression.ts';

/** Boxes that may hold the object, best first, with their probabilities. */
export interface Candidates {
  boxes: Box[];
  scores: number[];
}

/** Probability of a logistic output. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** A box that an output makes of a reference box, within an image of a size. */
export function placed(
  offsets: Float32Array,
  at: (part: number) => number,
  reference: Box,
  size: number,
): Box {
  const [dx, dy, dw, dh] = [0, 1, 2, 3].map(part => offsets[at(part)]!);
  return clipped(decoded([dx!, dy!, dw!, dh!], reference), size, size);
}

/** The best candidates without those that overlap a better one by more than a threshold, `most` at most. */
export function kept({ boxes, scores }: Candidates, overlap: number, most: number): Candidates {
  const places = suppressed(boxes, scores, overlap, most);
  return { boxes: places.map(i => boxes[i]!), scores: places.map(i => scores[i]!) };
}

/**
 * The one box that an image gets: that of the best score, as the mean of all candidates that overlap it by half, weighted by
 * their scores. The paper does not say how boxes of several positions and scales become one.
 */
export function chosen({ boxes, scores }: Candidates): Box {
  const [best] = suppressed(boxes, scores, 0, 1);
  return voted([best!], boxes, scores)[0]!;
}
