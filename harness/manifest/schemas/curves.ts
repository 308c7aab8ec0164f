import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { coordinate, label, page } from './common.ts';

/**
 * experiments/<id>/curves.json: published curves, by figure, then by curve, then by line of the task. What is drawn again in
 * descending order is derived from them.
 */
export const curvesSchema = {
  type: 'object',
  description: 'Published curves, digitised from the figures of a paper.',
  required: ['x', 'figures'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    x: { type: 'object', additionalProperties: label, description: 'What x counts, by figure.' },
    figures: {
      type: 'object',
      description: 'By figure, then by curve, then by line of the task (train, test).',
      additionalProperties: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['page', 'unit', 'estimator', 'resolution', 'points'],
            additionalProperties: false,
            properties: {
              page,
              unit: label,
              estimator: { const: 'digitised' },
              resolution: {
                type: 'number',
                exclusiveMinimum: 0,
                maximum: 1e9,
                description: 'Step of the digitisation in y.',
              },
              missing: {
                type: 'array',
                minItems: 1,
                uniqueItems: true,
                items: coordinate,
                description: 'Values of x whose marks cannot be told from others in the figure.',
              },
              points: {
                type: 'array',
                minItems: 1,
                items: {
                  type: 'array',
                  minItems: 2,
                  maxItems: 2,
                  items: [coordinate, coordinate],
                  additionalItems: false,
                },
              },
            },
          },
        },
      },
    },
  },
} as const satisfies JsonSchema;

/** curves.json as written. */
export type CurvesFile = Spec<typeof curvesSchema>;
