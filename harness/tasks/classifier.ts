import { cifarDataSchema, digitDataSchema, imageNetDataSchema, testSchema } from '../../ml/data/spec.ts';
import { scheduleSchema } from '../../ml/optim/schedule.ts';
import { sgdSchema } from '../../ml/optim/sgd.ts';
import type { JsonSchema } from '../../ml/schema.ts';

/** Parts of the spec of a classifier's training: of that task, and of the pretraining of backbones. */
export const classifierParts = {
  data: {
    oneOf: [cifarDataSchema, digitDataSchema, imageNetDataSchema],
    description: 'Images and what is done to them before the network sees them.',
  },
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
} as const satisfies Record<string, JsonSchema>;

/** The training of a backbone as a classifier; its network is that of the spec around it. */
export const pretrainingSchema = {
  type: 'object',
  required: ['data', 'optimiser', 'schedule', 'evaluation'],
  additionalProperties: false,
  properties: {
    data: classifierParts.data,
    optimiser: classifierParts.optimiser,
    schedule: scheduleSchema,
    evaluation: classifierParts.evaluation,
  },
} as const satisfies JsonSchema;
