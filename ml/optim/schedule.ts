import type { JsonSchema, Spec } from '../schema.ts';

/** Learning rate over the iterations of a training (sec. 3.4 and 4.2). Iterations count from 0. */
export const scheduleSchema = {
  type: 'object',
  required: ['iterations', 'rate', 'drops', 'divisor', 'warmup'],
  additionalProperties: false,
  properties: {
    iterations: {
      type: 'integer',
      minimum: 0,
      maximum: 100000000,
      description: 'Training stops after this many iterations.',
    },
    rate: { type: 'number', exclusiveMinimum: 0, maximum: 1000, description: 'Learning rate.' },
    drops: {
      type: 'array',
      maxItems: 100,
      items: { type: 'integer', minimum: 1, maximum: 100000000 },
      description:
        'Numbers of finished iterations at which the rate is divided, increasing: the next iteration is the first at the lower rate.',
    },
    divisor: {
      type: 'number',
      exclusiveMinimum: 1,
      maximum: 1000000,
      description: 'What the rate is divided by.',
    },
    warmup: {
      description:
        'A smaller rate "until the training error is below 80 % (about 400 iterations)" (sec. 4.2); null for none.',
      oneOf: [
        { type: 'null' },
        {
          type: 'object',
          required: ['rate', 'untilTrainError', 'window'],
          additionalProperties: false,
          properties: {
            rate: {
              type: 'number',
              exclusiveMinimum: 0,
              maximum: 1000,
              description: 'Learning rate until then.',
            },
            untilTrainError: {
              type: 'number',
              exclusiveMinimum: 0,
              exclusiveMaximum: 1,
              description: 'The training error, as a fraction, below which the warm-up ends for good.',
            },
            window: {
              type: 'integer',
              minimum: 1,
              maximum: 100000,
              description: 'Iterations over which that training error is the mean; the paper does not say.',
            },
          },
        },
      ],
    },
  },
} as const satisfies JsonSchema;

/** Learning rate over the iterations of a training. */
export type ScheduleSpec = Spec<typeof scheduleSchema>;

/** The learning rate of an iteration; `warm`: whether the warm-up is over (or there is none). */
export function learningRate(schedule: ScheduleSpec, iteration: number, warm: boolean): number {
  if (!warm && schedule.warmup) return schedule.warmup.rate;
  const drops = schedule.drops.filter(at => iteration >= at).length;
  return schedule.rate / schedule.divisor ** drops;
}
