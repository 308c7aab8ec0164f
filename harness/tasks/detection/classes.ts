import { detClasses } from '../../../ml/data/ilsvrc/classes.ts';
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

const counts = {
  'digits-voc': digitClasses.length,
  'digits-coco': digitClasses.length,
  'digits-det': digitClasses.length,
  voc: vocClasses.length,
  coco: cocoCount,
  'imagenet-det': detClasses.length,
} as const satisfies Record<TrainSpec['data']['set'], number>;

/** How many classes of objects a data set has. */
export function classCount(set: TrainSpec['data']['set']): number {
  return counts[set];
}
