import {
  cifarDataSchema,
  digitDataSchema,
  imageNetDataSchema,
  type TestSpec,
  testSchema,
} from '../../../ml/data/spec.ts';
import { residualNetworkSchema } from '../../../ml/nets/spec.ts';
import { scheduleSchema } from '../../../ml/optim/schedule.ts';
import { sgdSchema } from '../../../ml/optim/sgd.ts';
import type { JsonSchema, Spec } from '../../../ml/schema.ts';

/**
 * Everything that can change the result of training a classifier, except its seed, the bytes of the data and the
 * backend. Types, checks, the schema for editors and the settings that a profile may change all follow from it.
 */
export const trainSchema = {
  type: 'object',
  required: ['data', 'network', 'optimiser', 'schedule', 'evaluation'],
  additionalProperties: false,
  properties: {
    data: {
      oneOf: [cifarDataSchema, digitDataSchema, imageNetDataSchema],
      description: 'Images and what is done to them before the network sees them.',
    },
    network: residualNetworkSchema,
    optimiser: {
      type: 'object',
      required: ['batch', 'sgd'],
      additionalProperties: false,
      properties: {
        batch: {
          type: 'integer',
          minimum: 1,
          maximum: 65536,
          description:
            'Images of an iteration. Epochs follow each other without a gap: a batch may end one and begin the next.',
        },
        replicas: {
          type: 'integer',
          minimum: 1,
          maximum: 1024,
          default: 1,
          description:
            'Replicas of the network that share a batch, as on so many GPUs: batch normalisation sees the equal part of each by itself, gradients are averaged, running statistics are those of the first.',
        },
        sgd: sgdSchema,
      },
    },
    schedule: scheduleSchema,
    evaluation: {
      type: 'object',
      required: ['trainErrorEvery', 'testErrorEvery', 'testErrorImages'],
      additionalProperties: false,
      properties: {
        trainErrorEvery: {
          type: 'integer',
          minimum: 1,
          maximum: 100000000,
          description:
            'Iterations that a point of the training curve is the mean of. The training error is that of the augmented batches, before their step.',
        },
        testErrorEvery: {
          type: 'integer',
          minimum: 1,
          maximum: 100000000,
          description: 'Iterations between points of the test curve.',
        },
        testErrorImages: {
          type: 'integer',
          minimum: 1,
          maximum: 10000000,
          description:
            'Test images behind a point of the test curve, the first so many; the final error is of all.',
        },
        responses: {
          type: 'boolean',
          default: false,
          description: 'Whether layer responses are measured at the end (Figure 7).',
        },
        gradients: {
          type: 'boolean',
          default: false,
          description:
            'Whether the gradients that reach the layers are measured at the end, on the next training batch; responses are then measured too.',
        },
        statisticsBatches: {
          type: 'integer',
          minimum: 0,
          maximum: 100000,
          default: 0,
          description:
            "Training batches whose BN statistics are averaged after the training, as in the authors' release; 0: the running averages are used.",
        },
        state: {
          type: 'boolean',
          default: false,
          description:
            'Whether parameters and statistics are kept beside the record, for trainings that go on from them.',
        },
        tests: {
          type: 'array',
          maxItems: 10,
          default: [],
          items: testSchema,
          description:
            'Test protocols after the training, besides the single view: scores of several views are averaged.',
        },
      },
    },
  },
} as const satisfies JsonSchema;

/** The spec of a training of a classifier. */
export type TrainSpec = Spec<typeof trainSchema>;

/** What is evaluated of weights that others trained, on ImageNet's validation images. */
export const evaluateSchema = {
  type: 'object',
  required: ['data', 'network', 'mean', 'tests'],
  additionalProperties: false,
  properties: {
    data: {
      type: 'object',
      required: ['set', 'crop', 'testShorterSide', 'testImages'],
      additionalProperties: false,
      properties: {
        set: { const: 'imagenet' },
        crop: imageNetDataSchema.properties.crop,
        testShorterSide: imageNetDataSchema.properties.testShorterSide,
        testImages: {
          type: 'integer',
          minimum: 1,
          maximum: 10000000,
          description: 'Number of images in the folder, which are all evaluated.',
        },
      },
    },
    network: residualNetworkSchema,
    mean: {
      type: 'array',
      minItems: 3,
      maxItems: 3,
      items: { type: 'number', minimum: 0, maximum: 255 },
      description: 'Subtracted from red, green and blue.',
    },
    tests: {
      type: 'array',
      maxItems: 10,
      items: testSchema,
      description: 'Besides the single view, the centre crop.',
    },
  },
} as const satisfies JsonSchema;

/** The spec of an evaluation of released weights. */
export type EvaluateSpec = Spec<typeof evaluateSchema>;

export type { TestSpec };

/** The name of a test protocol. */
export type TestName = TestSpec['name'];
