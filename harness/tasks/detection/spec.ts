import { detectorSchema } from '../../../ml/detection/spec.ts';
import { networkSchema } from '../../../ml/nets/spec.ts';
import { scheduleSchema } from '../../../ml/optim/schedule.ts';
import { sgdSchema } from '../../../ml/optim/sgd.ts';
import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { pretrainingSchema } from '../classifier.ts';
import { releasedSchema } from '../weights.ts';

const share = (description: string) => ({ type: 'number', minimum: 0, maximum: 1, description }) as const;
const count = (description: string) =>
  ({ type: 'integer', minimum: 1, maximum: 10000000, description }) as const;
const imageSet = { type: 'string', minLength: 1, maxLength: 100 } as const;
const batch = count('Images of an iteration.');
const step = {
  type: 'object',
  required: ['batch', 'schedule'],
  additionalProperties: false,
  properties: { batch, schedule: scheduleSchema },
} as const;

/** Pixels of a set that are held in memory at most, in bytes; those of a larger one are decoded when they are used. */
export const keptBytes = 2 ** 30;

/** Images that a detector is trained and tested on. */
const dataSchema = {
  type: 'object',
  description: 'Images with annotated objects.',
  required: ['set', 'train', 'test', 'trainImages', 'testImages', 'shorter', 'longer', 'size', 'flip'],
  additionalProperties: false,
  properties: {
    set: {
      enum: ['digits-voc', 'digits-coco', 'digits-det', 'voc', 'coco', 'imagenet-det'],
      description: 'The data set.',
    },
    train: {
      type: 'array',
      minItems: 1,
      maxItems: 10,
      items: imageSet,
      description: 'Its sets of images that are trained on: 2007 trainval.',
    },
    test: { ...imageSet, description: 'The one that detections are measured on.' },
    trainImages: count('The first so many of the training images.'),
    testImages: count('The first so many of the test images.'),
    shorter: {
      oneOf: [{ type: 'null' }, count('')],
      description: 'Pixels of the shorter side that images are resized to; null: they stay as they are.',
    },
    longer: count('Pixels of the longer side at most.'),
    size: count('Height and width of the square that images are put into, in pixels.'),
    flip: { type: 'boolean', description: 'Whether training images are mirrored with probability 1/2.' },
  },
} as const satisfies JsonSchema;

/** How detections of a trained detector are made: the improvements of appendix B that need no other training. */
const testSchema = {
  type: 'object',
  required: ['name', 'refine', 'voting'],
  additionalProperties: false,
  properties: {
    name: { enum: ['refined', 'voted', 'multiScale'] },
    refine: {
      type: 'boolean',
      description: 'Whether the boxes that were found are pooled and classified once more (appendix B).',
    },
    voting: {
      type: 'boolean',
      description: 'Whether boxes become weighted means of those that overlap them by half.',
    },
    sizes: {
      type: 'array',
      default: [],
      maxItems: 10,
      items: { type: 'integer', minimum: 8, maximum: 4096 },
      description:
        'Sizes of the square that images are put into, from small to large: of each region the features of two adjacent ones are merged by their maximum. None: as trained.',
    },
  },
} as const satisfies JsonSchema;

/**
 * Everything that can change the result of a step of a detector's training, except its seed, the bytes of the data and the
 * backend: 4-step alternating training (Ren et al. 2015, the paper's ref. 32; appendix A).
 */
export const trainSchema = {
  type: 'object',
  required: [
    ...['step', 'data', 'network', 'detector', 'pretraining', 'sampling', 'proposals', 'detections'],
    ...['before', 'optimiser', 'schedule', 'evaluation'],
  ],
  additionalProperties: false,
  properties: {
    step: {
      enum: [1, 2, 3, 4, 5],
      description:
        '1: a proposal network; 2: Fast R-CNN on its proposals; 3: a proposal network on the layers of step 2, held; 4: Fast R-CNN on its proposals and the same layers; 5: several of these detectors tested together, without iterations.',
    },
    members: {
      type: 'integer',
      minimum: 1,
      maximum: 20,
      default: 1,
      description:
        'Detectors of an ensemble: with seed s those of seeds (s - 1) members + 1 to s members. All their proposals are classified by each, and probabilities and offsets averaged (appendix B).',
    },
    data: dataSchema,
    network: networkSchema,
    detector: detectorSchema,
    pretraining: {
      description:
        'The training of the backbone as a classifier, or weights of one that others have trained.',
      oneOf: [
        pretrainingSchema,
        {
          type: 'object',
          required: ['released'],
          additionalProperties: false,
          properties: { released: releasedSchema },
        },
      ],
    },
    from: {
      default: null,
      description:
        'A detector that steps 1 and 2 begin with in place of the backbone, trained on other data: its images, what it has that this one has not, and its steps; null for none.',
      oneOf: [
        { type: 'null' },
        {
          type: 'object',
          required: ['data', 'detector', 'before', 'batch', 'schedule'],
          additionalProperties: false,
          properties: {
            data: dataSchema,
            detector: detectorSchema,
            before: { type: 'array', minItems: 3, maxItems: 3, items: step },
            batch,
            schedule: scheduleSchema,
          },
        },
      ],
    },
    sampling: {
      type: 'object',
      required: ['anchors', 'positive', 'negative', 'regions', 'foreground', 'overlap'],
      additionalProperties: false,
      properties: {
        anchors: count('Anchors of an image, half of them of objects at most.'),
        positive: share('Least overlap of an anchor with its object; the best of an object always is.'),
        negative: share('Below this overlap an anchor is background.'),
        regions: count('Regions of an image.'),
        foreground: share('Share of the regions that are of objects, at most.'),
        overlap: share('Least overlap of a region with its object.'),
      },
    },
    proposals: {
      type: 'object',
      required: ['before', 'after', 'test', 'overlap', 'side'],
      additionalProperties: false,
      properties: {
        before: count('Best anchors of an image that are looked at.'),
        after: count('Proposals of a training image that are kept at most.'),
        test: count('Proposals of a test image that are kept at most.'),
        overlap: share('Greatest overlap of two proposals.'),
        side: {
          type: 'number',
          minimum: 0,
          maximum: 10000,
          description: 'Least side of a proposal, in pixels.',
        },
      },
    },
    detections: {
      type: 'object',
      required: ['score', 'overlap', 'most', 'tests'],
      additionalProperties: false,
      properties: {
        score: share('Least probability of a detection.'),
        overlap: share('Greatest overlap of two detections of a class.'),
        most: count('Detections of an image at most, over all classes.'),
        tests: {
          type: 'array',
          maxItems: 10,
          items: testSchema,
          description: 'Ways of testing besides the plain one.',
        },
      },
    },
    before: {
      type: 'array',
      maxItems: 4,
      items: step,
      description: 'The steps before, the first one first.',
    },
    optimiser: {
      type: 'object',
      required: ['batch', 'sgd'],
      additionalProperties: false,
      properties: { batch, sgd: sgdSchema },
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

/** The spec of a step of a detector's training. */
export type TrainSpec = Spec<typeof trainSchema>;

/** The name of a way of testing. */
export type TestName = Spec<typeof testSchema>['name'];

/** A detector is evaluated by the last step of its training; nothing else is. */
export const evaluateSchema = {
  type: 'object',
  required: ['data', 'network'],
  additionalProperties: false,
  properties: { data: trainSchema.properties.data, network: networkSchema },
} as const satisfies JsonSchema;
