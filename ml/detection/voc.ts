import { overlap } from './boxes.ts';
import { byScore } from './suppression.ts';
import type { Detection, TrueObject } from './truth.ts';

/** How the precisions of a class become one number: at eleven recalls (VOC 2007), or the area under their envelope (from 2010 on). */
export type VocRule = 'eleven-point' | 'area';

/** Least overlap of a detection with its object; that much counts. */
const enough = 0.5;

/**
 * Average precision of each class as a fraction, by the rules of the VOC development kit; null of a class without objects,
 * which a mean leaves out. Detections of equal scores count in the order in which they come.
 */
export function vocPrecisions(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  classes: readonly string[],
  rule: VocRule,
): Map<string, number | null> {
  return new Map(
    classes.map(name => {
      const own = objects.filter(object => object.class === name);
      const positives = own.filter(({ difficult }) => !difficult).length;
      const hits = hitsOf(
        detections.filter(each => each.class === name),
        own,
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

/**
 * Of each detection that counts, best first, whether it is right. It belongs to the object of its image that it overlaps most,
 * the first of equals, even where that is taken already: then it is wrong. What belongs to a difficult object does not count.
 */
function hitsOf(detections: readonly Detection[], objects: readonly TrueObject[]): boolean[] {
  const taken = new Set<TrueObject>();
  return byScore(detections.map(({ score }) => score)).flatMap(place => {
    const { image, box } = detections[place]!;
    let [nearest, most]: [TrueObject | null, number] = [null, Number.NEGATIVE_INFINITY];
    for (const object of objects) {
      if (object.image !== image) continue;
      const shared = overlap(object.box, box);
      if (shared > most) [nearest, most] = [object, shared];
    }
    if (!nearest || most < enough) return [false];
    if (nearest.difficult) return [];
    const isRight = !taken.has(nearest);
    taken.add(nearest);
    return [isRight];
  });
}

/** Recalls are compared as whole numbers: in doubles 3 of 10 would miss a recall of 0.3. */
function averaged(hits: readonly boolean[], positives: number, rule: VocRule): number {
  const points: { right: number; precision: number }[] = [];
  let right = 0;
  for (const [i, hit] of hits.entries()) {
    if (hit) right++;
    points.push({ right, precision: right / (i + 1) });
  }
  const bestFrom = (isReached: (right: number) => boolean) =>
    Math.max(0, ...points.filter(point => isReached(point.right)).map(({ precision }) => precision));
  if (rule === 'eleven-point') {
    const tenths = Array.from({ length: 11 }, (_, i) => bestFrom(found => 10 * found >= i * positives));
    return tenths.reduce((sum, precision) => sum + precision, 0) / 11;
  }
  const steps = Array.from({ length: right }, (_, i) => bestFrom(found => found > i));
  return steps.reduce((sum, precision) => sum + precision, 0) / positives;
}
