import type { JsonSchema, Spec } from '../schema.ts';

/**
 * Stochastic gradient descent with momentum and weight decay (sec. 3.4), on the flat parameter vector:
 * g = gradient + weightDecay * p, then
 * - `caffe` (the authors' framework): v = momentum * v + rate * g;  p = p - v
 * - `pytorch`:                        v = momentum * v + g;         p = p - rate * v
 * The two differ only after a change of the learning rate: Caffe's velocity keeps the old rate.
 * Weight decay applies to every parameter, as in the authors' prototxt defaults.
 */
export const sgdSchema = {
  type: 'object',
  required: ['momentum', 'weightDecay', 'form'],
  additionalProperties: false,
  properties: {
    momentum: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    weightDecay: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description:
        'Times each parameter, BN scales and shifts included, added to its gradient before momentum.',
    },
    form: {
      enum: ['caffe', 'pytorch'],
      description: 'Form of momentum. caffe: the velocity contains the learning rate; pytorch: it does not.',
    },
  },
} as const satisfies JsonSchema;

/** Stochastic gradient descent with momentum and weight decay. */
export type SgdSpec = Spec<typeof sgdSchema>;
