import { type Box, overlap } from './boxes.ts';
import { byScore } from './suppression.ts';
import type { Detection, TrueObject } from './truth.ts';

/** How the precisions of a class become one number: at eleven recalls (VOC 2007), or the area under their envelope (from 2010 on). */
export type VocRule = 'eleven-point' | 'area';

/** By whose rules a detection belongs to an object. */
export type Matching = 'voc' | 'ilsvrc';

/** Least overlap of a detection with an object; that much counts. */
export function leastOverlap({ box }: Pick<TrueObject, 'box'>, matching: Matching): number {
  return matchings[matching].least(box);
}

/**
 * Average precision of each class as a fraction, by the rules of the VOC development kit, or with objects matched by those of
 * ILSVRC's; null of a class without objects, which a mean leaves out. Detections of equal scores count in the order in which
 * they come.
 */
export function vocPrecisions(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  classes: readonly string[],
  rule: VocRule,
  matching: Matching = 'voc',
): Map<string, number | null> {
  return new Map(
    classes.map(name => {
      const own = objects.filter(object => object.class === name);
      const positives = own.filter(({ difficult }) => !difficult).length;
      const hits = hitsOf(
        detections.filter(each => each.class === name),
        own,
        matching,
      );
      return [name, positives === 0 ? null : averaged(hits, positives, rule)];
    }),
  );
}

/** The plain mean over classes that have objects; null when none has. */
export function meanPrecision(precisions: ReadonlyMap<string, number | null>): number | null {
  const values = [...precisions.values()].filter(value => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Both give a detection to the object that it overlaps most, the first of equals, where that is enough. */
const matchings = {
  /** VOCevaldet.m: also an object that is taken already, and then the detection is wrong. */
  voc: { least: () => 0.5, takenCount: true },
  /**
   * eval_detection.m (from 2014 on): of those that are still free. A small object needs less of an overlap, so that a box may
   * reach five pixels further than it on each side (Russakovsky et al. 2015, sec. 4.3; readme.txt of the kit, 2.3).
   */
  ilsvrc: {
    least: ([left, top, right, bottom]) => {
      const [width, height] = [right - left, bottom - top];
      return Math.min(0.5, (width * height) / ((width + 10) * (height + 10)));
    },
    takenCount: false,
  },
} as const satisfies Record<Matching, { least(object: Box): number; takenCount: boolean }>;

/**
 * Of each detection that counts, best first, whether it is right: whether it belongs to an object of its image that no other
 * has taken. What belongs to a difficult object does not count.
 */
function hitsOf(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  matching: Matching,
): boolean[] {
  const { least, takenCount } = matchings[matching];
  const inImage = new Map<number, TrueObject[]>();
  for (const object of objects)
    if (!inImage.get(object.image)?.push(object)) inImage.set(object.image, [object]);
  const taken = new Set<TrueObject>();
  return byScore(detections.map(({ score }) => score)).flatMap(place => {
    const { image, box } = detections[place]!;
    let [nearest, most]: [TrueObject | null, number] = [null, Number.NEGATIVE_INFINITY];
    for (const object of inImage.get(image) ?? []) {
      if (!takenCount && taken.has(object)) continue;
      const shared = overlap(object.box, box);
      if (shared > most && shared >= least(object.box)) [nearest, most] = [object, shared];
    }
    if (!nearest) return [false];
    if (nearest.difficult) return [];
    const isRight = !taken.has(nearest);
    taken.add(nearest);
    return [isRight];
  });
}

/** Recalls are compared as whole numbers: in doubles 3 of 10 would miss a recall of 0.3. */
function averaged(hits: readonly boolean[], positives: number, rule: VocRule): number {
  // The precision where each further object is found, which is the best before the next one; then the best from there on.
  const envelope: number[] = [];
  for (const [i, hit] of hits.entries()) if (hit) envelope.push((envelope.length + 1) / (i + 1));
  for (let i = envelope.length - 1; i > 0; i--) envelope[i - 1] = Math.max(envelope[i - 1]!, envelope[i]!);
  if (rule === 'eleven-point') {
    const tenths = Array.from({ length: 11 }, (_, i) => {
      const found = Math.max(1, Math.ceil((i * positives) / 10));
      return envelope[found - 1] ?? 0;
    });
    return tenths.reduce((sum, precision) => sum + precision, 0) / 11;
  }
  return envelope.reduce((sum, precision) => sum + precision, 0) / positives;
}
