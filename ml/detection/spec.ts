import type { JsonSchema, Spec } from '../schema.ts';

const sides = {
  type: 'array',
  minItems: 1,
  maxItems: 16,
  items: { type: 'number', exclusiveMinimum: 0, maximum: 4096 },
} as const;

/** What a Faster R-CNN adds to its backbone (appendix A of the paper; its ref. 32). */
export const detectorSchema = {
  type: 'object',
  description:
    'Region proposal network and Fast R-CNN on the layers before the last stage of the backbone, of VGG on its convolutions.',
  required: ['anchors', 'filters', 'bins', 'held', 'context'],
  additionalProperties: false,
  properties: {
    anchors: {
      type: 'object',
      required: ['sides', 'ratios'],
      additionalProperties: false,
      properties: {
        sides: { ...sides, description: 'Sides of the squares that anchors have the areas of, in pixels.' },
        ratios: { ...sides, description: 'Ratios of height to width of the anchors.' },
      },
    },
    filters: {
      type: 'integer',
      minimum: 1,
      maximum: 8192,
      description: 'Filters of the 3x3 layer that slides over the features.',
    },
    bins: {
      type: 'integer',
      minimum: 1,
      maximum: 64,
      description: 'Rows and columns of bins that the features of a region are pooled to.',
    },
    held: {
      type: 'array',
      maxItems: 64,
      items: { type: 'string', minLength: 1, maxLength: 100 },
      description: 'Layers of the backbone that are never trained here, by the beginning of their names.',
    },
    context: {
      type: 'boolean',
      description:
        'Whether the features of the whole image, pooled as one region, are joined to those of each region (appendix B).',
    },
  },
} as const satisfies JsonSchema;

/** What a Faster R-CNN adds to its backbone. */
export type DetectorSpec = Spec<typeof detectorSchema>;
