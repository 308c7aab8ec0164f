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

/** The classes of COCO, as instances_train2014.json and instances_val2014.json name them. */
export const cocoClasses = `
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella,
handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop,
mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors,
teddy bear, hair drier, toothbrush`
  .split(',')
  .map(name => name.trim());

/** The classes of objects of a data set. */
export const classNames = {
  'digits-voc': digitClasses,
  'digits-coco': digitClasses,
  'digits-det': digitClasses,
  voc: vocClasses,
  coco: cocoClasses,
  'imagenet-det': detClasses.map(({ name }) => name),
} as const satisfies Record<TrainSpec['data']['set'], readonly string[]>;

/** How many classes of objects a data set has. */
export function classCount(set: TrainSpec['data']['set']): number {
  return classNames[set].length;
}
