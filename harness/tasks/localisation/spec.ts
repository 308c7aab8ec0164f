import { digitDataSchema, imageNetDataSchema } from '../../../ml/data/spec.ts';
import { residualNetworkSchema } from '../../../ml/nets/spec.ts';
import { scheduleSchema } from '../../../ml/optim/schedule.ts';
import { sgdSchema } from '../../../ml/optim/sgd.ts';
import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { pretrainingSchema } from '../classifier.ts';

const share = (description: string) => ({ type: 'number', minimum: 0, maximum: 1, description }) as const;
const count = (description: string) =>
  ({ type: 'integer', minimum: 1, maximum: 10000000, description }) as const;
const sizes = {
  type: 'array',
  minItems: 1,
  maxItems: 10,
  items: { type: 'integer', minimum: 8, maximum: 4096 },
} as const;

const trainImages = count('The first so many of the training images.');
const testImages = count('The first so many of the test images.');
const size = count('Height and width of the crop that is trained on, in pixels.');

/** Digits with one object each, in the form of CIFAR-10. */
const digitsSchema = {
  ...digitDataSchema,
  description: 'Images with one object each, whose class and box are known.',
  properties: {
    ...digitDataSchema.properties,
    set: { const: 'digits-loc', description: 'The data set.' },
    downsample: {
      type: 'integer',
      minimum: 1,
      maximum: 4,
      description: digitDataSchema.properties.downsample.description,
    },
    trainImages,
    testImages,
    size,
  },
  required: [...digitDataSchema.required, 'size'],
} as const satisfies JsonSchema;

/** ImageNet's localisation set (ILSVRC CLS-LOC): photographs of any size with one or more objects of one class. */
const photographsSchema = {
  type: 'object',
  description: 'Images with objects of one class each, whose boxes are known.',
  required: ['set', 'trainImages', 'testImages', 'shorterSide', 'size', 'flip', 'testShorterSide', 'regions'],
  additionalProperties: false,
  properties: {
    set: { const: 'imagenet-loc', description: 'The data set.' },
    trainImages,
    testImages,
    shorterSide: {
      ...imageNetDataSchema.properties.shorterSide,
      description:
        'Crops are of images that are resized so that their shorter side is drawn from this range.',
    },
    size,
    flip: { type: 'boolean', description: 'Whether crops are mirrored with probability 1/2.' },
    testShorterSide: count('Shorter side of images before a central crop is taken, or proposals are found.'),
    regions: count('Shorter side of the images that regions are cut out of.'),
  },
} as const satisfies JsonSchema;

const dataSchema = { oneOf: [digitsSchema, photographsSchema] } as const satisfies JsonSchema;

/**
 * Everything that can change the result of a step of a localiser's training, except its seed, the bytes of the data and the
 * backend (appendix C).
 */
export const trainSchema = {
  type: 'object',
  required: [
    ...['step', 'data', 'network', 'anchors', 'pretraining', 'sampling', 'tests'],
    ...['before', 'optimiser', 'schedule', 'evaluation'],
  ],
  additionalProperties: false,
  properties: {
    step: {
      enum: [1, 2, 3],
      description:
        '1: a proposal network with outputs of each class; 2: R-CNN on its proposals of the true class; 3: several of these tested together, without iterations.',
    },
    members: {
      type: 'integer',
      minimum: 1,
      maximum: 20,
      default: 1,
      description: 'Localisers of an ensemble: with seed s those of seeds (s - 1) members + 1 to s members.',
    },
    data: dataSchema,
    network: residualNetworkSchema,
    anchors: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      items: { type: 'number', exclusiveMinimum: 0, maximum: 4096 },
      description: 'Sides of the square anchors of each position, in pixels.',
    },
    pretraining: {
      ...pretrainingSchema,
      description:
        'The training of the backbone as a classifier, whose test scores tell the predicted classes.',
    },
    sampling: {
      type: 'object',
      required: ['anchors', 'positive', 'negative', 'proposals', 'overlap', 'kept'],
      additionalProperties: false,
      properties: {
        anchors: count('Anchors of an image, half of them of the object at most.'),
        positive: share('Least overlap of an anchor with the object; the best one always is.'),
        negative: share('Below this overlap an anchor is background.'),
        proposals: count('Proposals of the true class of an image that R-CNN learns from and chooses among.'),
        overlap: share('Least overlap of a proposal with the object.'),
        kept: share('Greatest overlap of two proposals.'),
      },
    },
    tests: {
      type: 'object',
      required: ['sizes'],
      additionalProperties: false,
      properties: {
        sizes: {
          ...sizes,
          description: 'Sizes that images are resized to for dense testing, fully convolutional.',
        },
        guesses: {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 1,
          description: 'Likeliest classes of an image of which one has to be right, with its box.',
        },
      },
    },
    before: {
      type: 'array',
      maxItems: 2,
      items: {
        type: 'object',
        required: ['batch', 'schedule'],
        additionalProperties: false,
        properties: { batch: count('Images of an iteration.'), schedule: scheduleSchema },
      },
      description: 'The steps before, the first one first.',
    },
    optimiser: {
      type: 'object',
      required: ['batch', 'sgd'],
      additionalProperties: false,
      properties: { batch: count('Images, or regions, of an iteration.'), sgd: sgdSchema },
    },
    schedule: scheduleSchema,
    evaluation: {
      type: 'object',
      required: ['trainErrorEvery', 'testErrorEvery'],
      additionalProperties: false,
      properties: {
        trainErrorEvery: count('Iterations that a point of the training curve is the mean of.'),
        testErrorEvery: count('Iterations between points of a test curve, of which there is none.'),
      },
    },
  },
} as const satisfies JsonSchema;

/** The spec of a step of a localiser's training. */
export type TrainSpec = Spec<typeof trainSchema>;

/** Digits as a localiser sees them. */
export type DigitsData = Spec<typeof digitsSchema>;

/** Photographs as a localiser sees them. */
export type PhotographsData = Spec<typeof photographsSchema>;

/** A localiser is evaluated by the steps of its training; nothing else is. */
export const evaluateSchema = {
  type: 'object',
  required: ['data', 'network'],
  additionalProperties: false,
  properties: { data: dataSchema, network: residualNetworkSchema },
} as const satisfies JsonSchema;
