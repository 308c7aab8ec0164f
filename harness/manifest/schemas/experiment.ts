import type { JsonSchema, Spec } from '../../../ml/schema.ts';
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
          format: { enum: ['keras-layers-tfjs'], description: 'How the file is read.' },
          package: {
            type: 'string',
            // Nothing else that npm would take for a package, such as an option of its own or a repository whose scripts it runs.
            pattern: '^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@\\d+\\.\\d+\\.\\d+[a-z0-9.-]*$',
            maxLength: 200,
            description: 'npm package and version that they come in: name@1.2.3.',
          },
          megabytes: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'Its size.' },
          integrity: {
            type: 'string',
            pattern: '^sha512-[A-Za-z0-9+/]{86}==$',
            description: 'Its digest, part of the key of every evaluation.',
          },
          mean: {
            type: 'array',
            minItems: 3,
            maxItems: 3,
            items: [
              { type: 'number', minimum: 0, maximum: 255 },
              { type: 'number', minimum: 0, maximum: 255 },
              { type: 'number', minimum: 0, maximum: 255 },
            ],
            additionalItems: false,
            description: 'Subtracted from red, green and blue, 0 to 255.',
          },
          crop: { ...pixels, description: 'Height and width of the crops.' },
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
