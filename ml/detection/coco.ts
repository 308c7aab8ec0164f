import { area, intersection, overlap } from './boxes.ts';
import { byScore } from './suppression.ts';
import type { Detection, TrueObject } from './truth.ts';

/** The numbers that COCO is told by, as fractions; null where there is no object that counts. */
export interface CocoScores {
  /** Mean over overlaps from .50 to .95, at .50 and at .75, and of small, medium and large objects. */
  ap: number | null;
  ap50: number | null;
  ap75: number | null;
  apSmall: number | null;
  apMedium: number | null;
  apLarge: number | null;
  /** Recall of the best 1, 10 and 100 detections of an image, and of 100 by size. */
  ar1: number | null;
  ar10: number | null;
  ar100: number | null;
  arSmall: number | null;
  arMedium: number | null;
  arLarge: number | null;
}

/** Least overlaps: .50, .55, ..., .95. */
const overlaps: readonly number[] = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100);

/** Areas in square pixels, both ends included: an object of 32 x 32 pixels is small and medium. */
const sizes = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;

type Size = keyof typeof sizes;

/** Detections of an image and class that count at most. */
const mostDetections = 100;

/** The scores of detections by the rules of COCO's own evaluation (pycocotools), of boxes. Images go by their numbers. */
export function cocoScores(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  classes: readonly string[],
): CocoScores {
  const found = classes.map(name => matchedImages(detections, objects, name));
  const precision = (size: Size, at: readonly number[] = overlaps) =>
    meanOf(found.flatMap(images => at.map(least => precisionOf(images, size, overlaps.indexOf(least)))));
  const recall = (size: Size, most: number) =>
    meanOf(found.flatMap(images => overlaps.map((_, i) => recallOf(images, size, i, most))));
  return {
    ap: precision('all'),
    ap50: precision('all', [0.5]),
    ap75: precision('all', [0.75]),
    apSmall: precision('small'),
    apMedium: precision('medium'),
    apLarge: precision('large'),
    ar1: recall('all', 1),
    ar10: recall('all', 10),
    ar100: recall('all', mostDetections),
    arSmall: recall('small', mostDetections),
    arMedium: recall('medium', mostDetections),
    arLarge: recall('large', mostDetections),
  };
}

/** Average precision of each class at each overlap of `overlaps`; null of a class without objects. */
export function cocoPrecisions(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  classes: readonly string[],
): Map<string, (number | null)[]> {
  return new Map(
    classes.map(name => {
      const images = matchedImages(detections, objects, name);
      return [name, overlaps.map((_, i) => precisionOf(images, 'all', i))];
    }),
  );
}

/** An image under one range of areas. */
interface Matched {
  /** Best first. */
  scores: number[];
  /** By overlap and detection: found an object, found none, or does not count. */
  outcomes: ('right' | 'wrong' | 'ignored')[][];
  /** Objects that count. */
  objects: number;
}

/** Every image that has anything of a class, by size. */
function matchedImages(
  detections: readonly Detection[],
  objects: readonly TrueObject[],
  name: string,
): Record<Size, Matched>[] {
  const own = <T extends { image: number; class: string }>(all: readonly T[]) => {
    const byImage = new Map<number, T[]>();
    for (const each of all)
      if (each.class === name) byImage.set(each.image, [...(byImage.get(each.image) ?? []), each]);
    return byImage;
  };
  const [given, truths] = [own(detections), own(objects)];
  const images = [...new Set([...given.keys(), ...truths.keys()])].sort((a, b) => a - b);
  return images.map(image => {
    const all = given.get(image) ?? [];
    const best = byScore(all.map(({ score }) => score)).slice(0, mostDetections);
    return matchedOf(
      best.map(place => all[place]!),
      truths.get(image) ?? [],
    );
  });
}

function matchedOf(detections: readonly Detection[], objects: readonly TrueObject[]): Record<Size, Matched> {
  const shared = detections.map(({ box }) =>
    objects.map(object =>
      object.crowd ? intersection(object.box, box) / area(box) : overlap(object.box, box),
    ),
  );
  const under = (size: Size): Matched => {
    const [low, high] = sizes[size];
    const isOutside = (value: number) => value < low || value > high;
    const ignored = objects.map(({ crowd, box, area: own = area(box) }) => Boolean(crowd) || isOutside(own));
    // Those that count are tried first.
    const order = [...objects.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
    const outcomes = overlaps.map(least => {
      const taken = new Set<number>();
      return detections.map(({ box }, i) => {
        const match = matchOf(shared[i]!, order, Math.min(least, 1 - 1e-10), place => {
          if (taken.has(place) && !objects[place]!.crowd) return 'taken';
          return ignored[place] ? 'ignored' : 'free';
        });
        if (match !== null) {
          taken.add(match);
          return ignored[match] ? 'ignored' : 'right';
        }
        return isOutside(area(box)) ? 'ignored' : 'wrong';
      });
    });
    const scores = detections.map(({ score }) => score);
    return { scores, outcomes, objects: ignored.filter(each => !each).length };
  };
  return { all: under('all'), small: under('small'), medium: under('medium'), large: under('large') };
}

/** The object that a detection takes: the one it overlaps most, the last of equals; what does not count only for want of others. */
function matchOf(
  shared: readonly number[],
  order: readonly number[],
  least: number,
  stateOf: (place: number) => 'free' | 'ignored' | 'taken',
): number | null {
  let [match, most]: [number | null, number] = [null, least];
  for (const place of order) {
    const state = stateOf(place);
    if (state === 'taken') continue;
    if (match !== null && state === 'ignored' && stateOf(match) !== 'ignored') break;
    if (shared[place]! < most) continue;
    [match, most] = [place, shared[place]!];
  }
  return match;
}

/** Mean over 101 recalls of the best precision from there on; null without objects. */
function precisionOf(images: readonly Record<Size, Matched>[], size: Size, at: number): number | null {
  const { objects, outcomes } = ranked(images, size, at, mostDetections);
  if (objects === 0) return null;
  let [right, wrong] = [0, 0];
  const points = outcomes.flatMap(outcome => {
    if (outcome === 'right') right++;
    else if (outcome === 'wrong') wrong++;
    // As pycocotools has it: where nothing counts yet, precision is 0.
    return [{ recall: right / objects, precision: right / (right + wrong + Number.EPSILON) }];
  });
  for (let i = points.length - 1; i > 0; i--)
    points[i - 1]!.precision = Math.max(points[i - 1]!.precision, points[i]!.precision);
  let [sum, place] = [0, 0];
  for (let i = 0; i <= 100; i++) {
    while (place < points.length && points[place]!.recall < recalls[i]!) place++;
    sum += points[place]?.precision ?? 0;
  }
  return sum / 101;
}

/** 0, .01, ..., 1 as numpy's linspace has them. */
const recalls = Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01));

function recallOf(
  images: readonly Record<Size, Matched>[],
  size: Size,
  at: number,
  most: number,
): number | null {
  const { objects, outcomes } = ranked(images, size, at, most);
  return objects === 0 ? null : outcomes.filter(outcome => outcome === 'right').length / objects;
}

/** The outcomes of all images, best score first; of equal ones the image with the lower number comes first. */
function ranked(images: readonly Record<Size, Matched>[], size: Size, at: number, most: number) {
  const own = images.map(image => image[size]);
  const all = own.flatMap(({ scores, outcomes }) =>
    scores.slice(0, most).map((score, i) => ({ score, outcome: outcomes[at]![i]! })),
  );
  const order = byScore(all.map(({ score }) => score));
  return {
    objects: own.reduce((sum, { objects }) => sum + objects, 0),
    outcomes: order.map(place => all[place]!.outcome),
  };
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
