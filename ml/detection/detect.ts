import { type Box, clipped, decoded } from './boxes.ts';
import { byScore, suppressed, voted } from './suppression.ts';

/** What Fast R-CNN says of regions of an image. */
export interface RegionOutputs {
  regions: readonly Box[];
  /** Probabilities, [regions, classes + 1], background first. */
  probabilities: Float32Array;
  /** Offsets as the network gives them, [regions, 4 * classes]. */
  offsets: Float32Array;
}

/** A box of a class, by its place, and its probability. */
export interface Found {
  class: number;
  score: number;
  box: Box;
}

/** How detections are chosen. */
export interface DetectionRule {
  /** Least probability. */
  score: number;
  /** Greatest overlap of two detections of a class. */
  overlap: number;
  /** Detections of an image at most, over all classes. */
  most: number;
  /** Whether boxes become weighted means of those that overlap them by half (box voting). */
  voting: boolean;
}

/** Offsets are learned in these units (Girshick 2015, sec. 2.3; the values of Ren et al.'s code). */
export const offsetUnits = [0.1, 0.1, 0.2, 0.2] as const;

/**
 * The detections of an image of width x height pixels: of each class the boxes of all regions, without those that overlap a
 * better one; then the best of all classes.
 */
export function detectionsOf(
  outputs: readonly RegionOutputs[],
  [width, height]: readonly [number, number],
  classes: number,
  { score: least, overlap, most, voting }: DetectionRule,
): Found[] {
  const all: Found[] = [];
  for (let own = 0; own < classes; own++) {
    const boxes: Box[] = [];
    const scores: number[] = [];
    for (const { regions, probabilities, offsets } of outputs) {
      for (const [i, region] of regions.entries()) {
        const score = probabilities[i * (classes + 1) + own + 1]!;
        if (score <= least) continue;
        boxes.push(clipped(moved(region, offsets, 4 * (i * classes + own)), width, height));
        scores.push(score);
      }
    }
    const kept = suppressed(boxes, scores, overlap);
    const final = voting ? voted(kept, boxes, scores) : kept.map(i => boxes[i]!);
    for (const [i, box] of final.entries()) all.push({ class: own, score: scores[kept[i]!]!, box });
  }
  return byScore(all.map(({ score }) => score))
    .slice(0, most)
    .map(place => all[place]!);
}

/**
 * The regions that are pooled again for box refinement (appendix B): of each region the box of its likeliest class. The paper
 * does not say of which.
 */
export function refinedRegions(
  { regions, probabilities, offsets }: RegionOutputs,
  [width, height]: readonly [number, number],
  classes: number,
): Box[] {
  return regions.map((region, i) => {
    let best = 0;
    for (let own = 1; own < classes; own++) {
      const at = i * (classes + 1) + 1;
      if (probabilities[at + own]! > probabilities[at + best]!) best = own;
    }
    const box = clipped(moved(region, offsets, 4 * (i * classes + best)), width, height);
    return box[2] > box[0] && box[3] > box[1] ? box : region;
  });
}

/** Rows of logits as probabilities. */
export function softmaxRows(logits: Float32Array, columns: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += columns) {
    const row = logits.subarray(begin, begin + columns);
    const largest = Math.max(...row);
    const powers = Array.from(row, logit => Math.exp(logit - largest));
    const sum = powers.reduce((a, b) => a + b);
    for (const [k, power] of powers.entries()) probabilities[begin + k] = power / sum;
  }
  return probabilities;
}

function moved(region: Box, offsets: Float32Array, at: number): Box {
  const [x, y, w, h] = offsetUnits.map((unit, part) => unit * offsets[at + part]!);
  return decoded([x!, y!, w!, h!], region);
}
