import type { TrainSpec } from './spec.ts';

/** Names of digits, as their classes are called. */
export const digitClasses = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** The classes of VOC. */
export const vocClasses = [
  ...['aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow'],
  ...[
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
  ],
];

/** The classes of COCO are those of its annotations; there are 80 of them. */
const cocoCount = 80;

/** The classes of a data set whose precisions are measures of their own. */
export const namedClasses = {
  'digits-voc': digitClasses,
  'digits-coco': digitClasses,
  'digits-det': digitClasses,
  voc: vocClasses,
  coco: [],
} as const satisfies Record<TrainSpec['data']['set'], readonly string[]>;

/** How many classes of objects a data set has. */
export function classCount(set: TrainSpec['data']['set']): number {
  return set === 'coco' ? cocoCount : namedClasses[set].length;
}
