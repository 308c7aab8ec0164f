import type { Box } from './boxes.ts';
import type { Detection, TrueObject } from './truth.ts';

/** A case whose scores are known: VOC's as exact fractions by the rules of the devkit, COCO's by pycocotools 2.0.11. */
interface GoldenCase {
  what: string;
  classes: string[];
  objects: TrueObject[];
  detections: Detection[];
  /** By class, eleven-point and area; null where the class has no object. */
  voc: Readonly<Record<string, readonly [elevenPoint: number, area: number] | null>>;
  /** As `cocoScores` names them; -1 where nothing counts. */
  coco: readonly number[];
}

/** A box as VOC writes it: pixel indices from 1, corners included. */
function inclusive(xmin: number, ymin: number, xmax: number, ymax: number): Box {
  return [xmin - 1, ymin - 1, xmax, ymax];
}

/** Cases that programs disagree about. */
// biome-ignore format: a table, one box a line
export const goldenCases: readonly GoldenCase[] = [
  {
    what: 'difficult objects, and regions of many',
    classes: ['a', 'b'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 50, 50) },
      { image: 1, class: 'a', box: inclusive(61, 1, 160, 100), difficult: true, crowd: true },
      { image: 2, class: 'a', box: inclusive(1, 1, 80, 80) },
      { image: 2, class: 'b', box: inclusive(1, 1, 30, 30), difficult: true, crowd: true },
    ],
    detections: [
      { image: 1, class: 'a', score: 0.95, box: inclusive(61, 1, 160, 100) },
      { image: 1, class: 'a', score: 0.9, box: inclusive(61, 1, 160, 90) },
      { image: 1, class: 'a', score: 0.8, box: inclusive(66, 6, 85, 25) },
      { image: 1, class: 'a', score: 0.7, box: inclusive(1, 1, 50, 50) },
      { image: 2, class: 'a', score: 0.6, box: inclusive(1, 1, 80, 60) },
      { image: 2, class: 'b', score: 0.9, box: inclusive(1, 1, 30, 30) },
      { image: 2, class: 'b', score: 0.3, box: inclusive(101, 101, 130, 130) },
    ],
    voc: { a: [2 / 3, 2 / 3], b: null },
    coco: [0.80198019802, 1.0, 1.0, -1, 0.80198019802, -1, 0.3, 0.8, 0.8, -1, 0.8, -1],
  },
  {
    what: 'several detections of one object',
    classes: ['a'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 100, 100) },
      { image: 1, class: 'a', box: inclusive(31, 1, 130, 100) },
      { image: 2, class: 'a', box: inclusive(1, 1, 50, 50) },
    ],
    detections: [
      { image: 1, class: 'a', score: 0.9, box: inclusive(1, 1, 90, 100) },
      { image: 1, class: 'a', score: 0.8, box: inclusive(1, 1, 100, 100) },
      { image: 1, class: 'a', score: 0.7, box: inclusive(11, 1, 110, 100) },
      { image: 2, class: 'a', score: 0.6, box: inclusive(1, 1, 50, 40) },
      { image: 2, class: 'a', score: 0.5, box: inclusive(1, 1, 50, 50) },
    ],
    voc: { a: [1 / 2, 1 / 2] },
    coco: [0.615198019802, 0.915841584158, 0.5, -1, 0.833333333333, 0.653465346535, 0.533333333333, 0.8, 0.8, -1, 1.0, 0.7],
  },
  {
    what: 'classes without detections, without objects, and without either',
    classes: ['a', 'b', 'c', 'd'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 50, 50) },
      { image: 2, class: 'b', box: inclusive(1, 1, 50, 50) },
    ],
    detections: [
      { image: 1, class: 'a', score: 0.9, box: inclusive(1, 1, 50, 50) },
      { image: 3, class: 'a', score: 0.2, box: inclusive(1, 1, 50, 50) },
      { image: 2, class: 'c', score: 0.8, box: inclusive(1, 1, 50, 50) },
    ],
    voc: { a: [1, 1], b: [0, 0], c: null, d: null },
    coco: [0.5, 0.5, 0.5, -1, 0.5, -1, 0.5, 0.5, 0.5, -1, 0.5, -1],
  },
  {
    what: 'hits, a miss, and a right box of a wrong class',
    classes: ['a', 'b'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 40, 40) },
      { image: 1, class: 'b', box: inclusive(51, 51, 90, 90) },
      { image: 2, class: 'a', box: inclusive(11, 11, 70, 50) },
      { image: 3, class: 'b', box: inclusive(1, 1, 20, 60) },
    ],
    detections: [
      { image: 1, class: 'a', score: 0.9, box: inclusive(1, 1, 40, 40) },
      { image: 1, class: 'b', score: 0.8, box: inclusive(53, 51, 90, 90) },
      { image: 1, class: 'a', score: 0.7, box: inclusive(51, 51, 90, 90) },
      { image: 2, class: 'a', score: 0.6, box: inclusive(11, 11, 60, 50) },
      { image: 3, class: 'b', score: 0.5, box: inclusive(1, 1, 20, 40) },
    ],
    voc: { a: [28 / 33, 5 / 6], b: [1, 1] },
    coco: [0.719471947195, 0.917491749175, 0.6699669967, -1, 0.719471947195, -1, 0.775, 0.775, 0.775, -1, 0.775, -1],
  },
  {
    what: 'equal scores, and equal overlaps with two objects',
    classes: ['a'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 60, 60) },
      { image: 2, class: 'a', box: inclusive(1, 1, 40, 100) },
      { image: 2, class: 'a', box: inclusive(61, 1, 100, 100) },
      { image: 3, class: 'a', box: inclusive(1, 1, 60, 100) },
      { image: 3, class: 'a', box: inclusive(21, 1, 80, 100) },
    ],
    detections: [
      { image: 2, class: 'a', score: 0.5, box: inclusive(101, 101, 140, 140) },
      { image: 1, class: 'a', score: 0.5, box: inclusive(1, 1, 60, 50) },
      { image: 1, class: 'a', score: 0.5, box: inclusive(1, 1, 60, 60) },
      { image: 2, class: 'a', score: 0.5, box: inclusive(1, 1, 40, 100) },
      { image: 2, class: 'a', score: 0.4, box: inclusive(61, 1, 100, 100) },
      { image: 3, class: 'a', score: 0.35, box: inclusive(11, 1, 70, 100) },
      { image: 3, class: 'a', score: 0.3, box: inclusive(1, 1, 60, 100) },
    ],
    voc: { a: [6 / 11, 8 / 15] },
    coco: [0.641244695898, 0.77369165488, 0.558698727016, -1, 0.641244695898, -1, 0.24, 0.9, 0.9, -1, 0.9, -1],
  },
  {
    what: 'overlaps of exactly a half, a hair less and a hair more',
    classes: ['a'],
    objects: [
      { image: 1, class: 'a', box: inclusive(1, 1, 100, 100) },
      { image: 2, class: 'a', box: inclusive(1, 1, 100, 100) },
      { image: 3, class: 'a', box: inclusive(1, 1, 100, 100) },
      { image: 4, class: 'a', box: inclusive(1, 1, 100, 100) },
      { image: 5, class: 'a', box: inclusive(1, 1, 100, 100) },
    ],
    detections: [
      { image: 1, class: 'a', score: 0.9, box: inclusive(1, 1, 100, 50) },
      { image: 2, class: 'a', score: 0.8, box: inclusive(1, 1, 100, 49) },
      { image: 3, class: 'a', score: 0.7, box: inclusive(1, 1, 100, 51) },
      { image: 4, class: 'a', score: 0.6, box: inclusive(1, 1, 100, 75) },
      { image: 5, class: 'a', score: 0.5, box: inclusive(1, 1, 100, 95) },
    ],
    voc: { a: [39 / 55, 17 / 25] },
    coco: [0.166138613861, 0.683168316832, 0.162376237624, -1, -1, 0.366336633663, 0.36, 0.36, 0.36, -1, -1, 0.36],
  },
];
