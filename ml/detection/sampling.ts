import { integerBelow, permutation, randomWords, type Stream } from '../optim/random.ts';
import type { AnchorLabel } from './anchors.ts';
import { type Box, encoded, type Offsets, overlap } from './boxes.ts';

/** What a proposal network learns of an image: a label of each anchor that is drawn, and offsets of those with objects. */
export interface AnchorSample {
  objects: readonly { anchor: number; offsets: Offsets }[];
  background: readonly number[];
}

/**
 * Draws `count` anchors of an image: objects for half of them at most, background for the rest (Ren et al. 2015, sec. 3.1.3).
 * Fewer where an image has fewer.
 */
export function sampleAnchors(
  labels: readonly AnchorLabel[],
  anchors: readonly Box[],
  objects: readonly Box[],
  count: number,
  stream: Stream,
): AnchorSample {
  const [positive, negative]: [number[], number[]] = [[], []];
  for (const [anchor, label] of labels.entries()) {
    if (label === 'background') negative.push(anchor);
    else if (label !== 'ignored') positive.push(anchor);
  }
  const drawn = some(positive, Math.floor(count / 2), { ...stream, index: 2 * stream.index });
  const rest = { ...stream, index: 2 * stream.index + 1 };
  return {
    objects: drawn.map(anchor => ({
      anchor,
      offsets: encoded(objects[labels[anchor] as number]!, anchors[anchor]!),
    })),
    background: some(negative, count - drawn.length, rest),
  };
}

/** A region that Fast R-CNN learns from: an object's number and its offsets, or background. */
export interface RegionSample {
  region: Box;
  object: number | null;
  offsets: Offsets | null;
}

/** How regions are drawn. */
export interface RegionSampling {
  /** Regions of an image. */
  count: number;
  /** The share of them that are of objects, at most. */
  foreground: number;
  /** Least overlap with an object. */
  positive: number;
}

/**
 * Draws the regions of an image from proposals and the objects themselves: those that overlap an object by `positive` or more
 * are of the one that they overlap most, all others are background (Girshick 2015, sec. 2.3; from 0 on, as in Ren et al.'s
 * alternating configuration). Where there are too few of either, some are drawn again, so that there are always `count`.
 */
export function sampleRegions(
  proposals: readonly Box[],
  objects: readonly Box[],
  { count, foreground, positive }: RegionSampling,
  stream: Stream,
): RegionSample[] {
  const candidates = [...objects, ...proposals];
  const [own, others]: [RegionSample[], RegionSample[]] = [[], []];
  for (const region of candidates) {
    let [object, most] = [-1, 0];
    for (const [i, box] of objects.entries()) {
      const shared = overlap(region, box);
      if (shared > most) [object, most] = [i, shared];
    }
    if (most >= positive) own.push({ region, object, offsets: encoded(objects[object]!, region) });
    else others.push({ region, object: null, offsets: null });
  }
  const ofObjects = others.length === 0 ? count : Math.min(Math.floor(count * foreground), own.length);
  const drawn = [
    ...filled(own, ofObjects, { ...stream, index: 2 * stream.index }),
    ...filled(others, count - ofObjects, { ...stream, index: 2 * stream.index + 1 }),
  ];
  if (drawn.length < count) throw new RangeError('an image without objects and proposals has no regions');
  return drawn;
}

/** So many of the items at random, each once; all where there are fewer. */
function some<T>(items: readonly T[], count: number, stream: Stream): T[] {
  if (items.length <= count) return [...items];
  const order = new Uint32Array(items.length);
  permutation(stream, order);
  return Array.from(order.subarray(0, count), place => items[place]!);
}

/** The same, items drawn again where there are fewer; none of none. */
function filled<T>(items: readonly T[], count: number, stream: Stream): T[] {
  if (items.length >= count || items.length === 0) return some(items, count, stream);
  const words = new Uint32Array(count - items.length);
  randomWords(stream, words);
  return [...items, ...Array.from(words, word => items[integerBelow(items.length, word)]!)];
}
