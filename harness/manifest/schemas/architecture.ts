import { networkSchema } from '../../../ml/nets/spec.ts';
import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { manifest as common, label, pixels } from './common.ts';

const described = {
  type: 'object',
  required: ['label'],
  additionalProperties: false,
  properties: {
    label: { ...label, description: 'As shown; for a table, also its column in paper.json.' },
    network: { ...label, description: 'Network of the protocol, as the paper has it, under every profile.' },
    spec: { ...networkSchema, description: 'A network that no protocol trains.' },
    block: { ...label, description: 'Block that is drawn: conv2_2.' },
    cost: {
      type: 'array',
      minItems: 3,
      maxItems: 3,
      items: [label, label, label],
      additionalItems: false,
      description: 'Where paper.json has its printed multiply-adds: table, row and column.',
    },
    counts: {
      enum: ['network', 'convolutions'],
      description: 'What that number counts; the whole network when absent.',
    },
  },
} as const satisfies JsonSchema;

/** A table or drawing that is computed from specifications. */
export const architectureSchema = {
  type: 'object',
  description: 'What is computed from networks as the paper has them: nothing is run for it.',
  required: ['kind', 'shows', 'protocol', 'published', 'size', 'networks'],
  additionalProperties: false,
  properties: {
    kind: { const: 'architecture' },
    shows: {
      enum: ['table', 'block', 'blocks', 'networks'],
      description:
        'A table of layers; or a drawing of a block, of blocks side by side, or of networks layer by layer.',
    },
    protocol: common.protocol,
    published: {
      ...label,
      description: 'Key of the table or figure in paper.json, which has its heading, title and page.',
    },
    size: { ...pixels, description: 'Height and width of the image, pixels.' },
    outputSizes: { ...label, description: 'Column of the table with the sizes of the outputs.' },
    networks: { type: 'array', minItems: 1, items: described },
    compared: {
      type: 'array',
      items: described,
      default: [],
      description: 'Networks whose cost is told below.',
    },
    assumptions: common.assumptions,
  },
} as const satisfies JsonSchema;

/** What is computed from specifications, as written. */
export type ArchitectureFile = Spec<typeof architectureSchema>;

/** A network of it, as written. */
export type DescribedFile = Spec<typeof described>;
