import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { releasedParts } from '../../tasks/weights.ts';
import { label, line, pixels } from './common.ts';

/** experiments/<id>/paper.yaml: the paper as a whole. */
export const experimentSchema = {
  type: 'object',
  description: 'A paper whose results are reproduced.',
  required: ['title', 'citation', 'faithful'],
  additionalProperties: false,
  properties: {
    title: { ...line, description: 'Title of the paper.' },
    citation: { ...line, description: 'In brief, for captions: the authors, and where it appeared.' },
    default: { const: true, description: 'The experiment that commands use when none is named.' },
    faithful: {
      ...label,
      description:
        'The profile that follows the paper to the letter. Only its values are compared with published ones.',
    },
    released: {
      type: 'object',
      description: 'Weights trained by others, by the name that --weights takes.',
      default: {},
      additionalProperties: {
        type: 'object',
        required: [
          'network',
          'protocol',
          'format',
          'package',
          'megabytes',
          'integrity',
          'mean',
          'crop',
          'testShorterSide',
          'origin',
          'deviations',
          'published',
          'where',
        ],
        additionalProperties: false,
        properties: {
          network: {
            ...label,
            description: 'Network of the protocol; the weights have its settings under the faithful profile.',
          },
          protocol: { ...label, description: 'File in protocols/, without .yaml.' },
          ...releasedParts,
          testShorterSide: {
            ...pixels,
            description: 'Shorter side that images are resized to for the single view.',
          },
          origin: { ...line, description: 'Whose they are and how they came to be in the package.' },
          deviations: {
            type: 'array',
            items: line,
            description: 'How evaluating them departs from the paper, one sentence each.',
          },
          published: {
            type: 'object',
            minProperties: 1,
            additionalProperties: { type: 'number', minimum: 0, maximum: 1e15 },
            description: 'What was published with the release, by measure of the task.',
          },
          where: { ...line, description: 'Where that was published.' },
        },
      },
    },
  },
} as const satisfies JsonSchema;

/** paper.yaml as written, defaults filled in. */
export type ExperimentFile = Spec<typeof experimentSchema>;
