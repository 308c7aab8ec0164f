import { type Box, clipped, decoded, overlap } from '../../../ml/detection/boxes.ts';
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

/** A box that an output makes of a reference box, within an image of some width and height. */
export function placed(
  offsets: Float32Array,
  at: (part: number) => number,
  reference: Box,
  [width, height]: readonly [number, number],
): Box {
  const [dx, dy, dw, dh] = [0, 1, 2, 3].map(part => offsets[at(part)]!);
  return clipped(decoded([dx!, dy!, dw!, dh!], reference), width, height);
}

/** Of one or more objects the one that a box overlaps most, the first of equals, and by how much. */
export function nearest(box: Box, objects: readonly Box[]): { object: Box; shared: number } {
  let [object, shared] = [objects[0]!, overlap(box, objects[0]!)];
  for (const other of objects.slice(1)) {
    const own = overlap(box, other);
    if (own > shared) [object, shared] = [other, own];
  }
  return { object, shared };
}

/** The best candidates without those that overlap a better one by more than a threshold, `most` at most. */
export function kept({ boxes, scores }: Candidates, overlap: number, most: number): Candidates {
  const places = suppressed(boxes, scores, overlap, most);
  return { boxes: places.map(i => boxes[i]!), scores: places.map(i => scores[i]!) };
}

/**
 * The one box that an image gets, null without candidates: that of the best score, as the mean of all candidates that overlap
 * it by half, weighted by their scores. The paper does not say how boxes of several positions and scales become one.
 */
export function chosen({ boxes, scores }: Candidates): Box | null {
  const [best] = suppressed(boxes, scores, 0, 1);
  return best === undefined ? null : voted([best], boxes, scores)[0]!;
}
