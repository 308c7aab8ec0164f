import { type Box, clipped, decoded, overlap } from './boxes.ts';
import type { Regions } from './regions.ts';
import { byScore, suppressed } from './suppression.ts';

/** Regions that may hold an object, best first. */
export interface Proposals {
  boxes: readonly Box[];
  /** Logits. */
  scores: readonly number[];
}

/** How proposals are chosen. */
export interface ProposalRule {
  /** Best anchors that are looked at, and proposals that are kept of them at most. */
  before: number;
  after: number;
  /** Greatest overlap of two proposals. */
  overlap: number;
  /** Least side, in pixels of the image as the network sees it. */
  side: number;
}

/** What a proposal network says of an image: [anchors, positions] and [4 * anchors, positions]. */
export interface AnchorOutputs {
  logits: Float32Array;
  offsets: Float32Array;
}

/**
 * The proposals of an image of width x height pixels (Ren et al. 2015, sec. 3.3): anchors moved by their offsets and clipped
 * to the image, the best of them without those that overlap a better one. `anchors`: as `anchorsOf` has them.
 */
export function proposalsOf(
  { logits, offsets }: AnchorOutputs,
  { anchors, perPosition }: { anchors: readonly Box[]; perPosition: number },
  [width, height]: readonly [number, number],
  rule: ProposalRule,
): Proposals {
  const positions = logits.length / perPosition;
  const best = byScore(logits);
  const boxes: Box[] = [];
  const scores: number[] = [];
  for (const place of best) {
    if (boxes.length >= rule.before) break;
    const [anchor, position] = [Math.floor(place / positions), place % positions];
    const of = (part: number) => offsets[(4 * anchor + part) * positions + position]!;
    const reference = anchors[position * perPosition + anchor]!;
    const box = clipped(decoded([of(0), of(1), of(2), of(3)], reference), width, height);
    if (box[2] - box[0] < rule.side || box[3] - box[1] < rule.side) continue;
    boxes.push(box);
    scores.push(logits[place]!);
  }
  const kept = suppressed(boxes, scores, rule.overlap, rule.after);
  return { boxes: kept.map(i => boxes[i]!), scores: kept.map(i => scores[i]!) };
}

/** The share of objects that some proposal overlaps by half or more. */
export function recallOf(proposals: Regions, objects: readonly (readonly Box[])[]): number {
  let [found, all] = [0, 0];
  for (const [image, own] of objects.entries()) {
    all += own.length;
    const boxes = proposals.of(image);
    found += own.filter(object => boxes.some(box => overlap(box, object) >= 0.5)).length;
  }
  return all === 0 ? 0 : found / all;
}
