import { imageNetDataSchema, type TestSpec, testSchema } from '../../../ml/data/spec.ts';
import { networkSchema, residualNetworkSchema } from '../../../ml/nets/spec.ts';
import { scheduleSchema } from '../../../ml/optim/schedule.ts';
import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { classifierParts } from '../classifier.ts';

/**
 * Everything that can change the result of training a classifier, except its seed, the bytes of the data and the
 * backend. Types, checks, the schema for editors and the settings that a profile may change all follow from it.
 */
export const trainSchema = {
  type: 'object',
  required: ['data', 'network', 'optimiser', 'schedule', 'evaluation'],
  additionalProperties: false,
  properties: {
    data: classifierParts.data,
    network: networkSchema,
    optimiser: classifierParts.optimiser,
    schedule: scheduleSchema,
    evaluation: classifierParts.evaluation,
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
