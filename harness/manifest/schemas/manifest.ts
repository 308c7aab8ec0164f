import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { type ArchitectureFile, architectureSchema } from './architecture.ts';
import { manifest as common, coordinate, label, networks } from './common.ts';

/** A table of measured values. */
const table = {
  type: 'object',
  description: 'A table: its columns and what measures them, its rows and the networks behind them.',
  required: ['kind', 'protocol', 'published', 'columns', 'rows'],
  additionalProperties: false,
  properties: {
    kind: { const: 'table' },
    protocol: common.protocol,
    published: {
      ...label,
      description: 'Key of the table in paper.json, which has its heading, title and page.',
    },
    columns: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['key'],
        additionalProperties: false,
        properties: {
          key: { ...label, description: 'Column of the table in paper.json, which has its label and unit.' },
          measures: {
            ...label,
            description:
              'What answers it: a measure of the task, or a count of the network (layers, parameters).',
          },
        },
      },
    },
    rows: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['label'],
        additionalProperties: false,
        properties: {
          label: { ...label, description: 'As shown; also what --rows selects.' },
          published: { ...label, description: 'Row of the table in paper.json; the label when absent.' },
          network: {
            ...label,
            description: 'Network of the protocol that measures the row; absent: published only.',
          },
          networks: {
            type: 'object',
            minProperties: 1,
            additionalProperties: label,
            description: 'Networks by column, where each cell has its own.',
          },
          ensemble: { ...networks, minItems: 2, description: 'Networks whose scores are averaged.' },
          measures: {
            type: 'object',
            minProperties: 1,
            additionalProperties: label,
            description: 'Measures by column, where the row is answered by others than its columns say.',
          },
        },
      },
    },
    claims: common.claims,
    assumptions: common.assumptions,
  },
} as const satisfies JsonSchema;

const axis = {
  type: 'object',
  required: ['label'],
  additionalProperties: false,
  properties: {
    label,
    domain: {
      type: 'array',
      minItems: 2,
      maxItems: 2,
      items: [coordinate, coordinate],
      additionalItems: false,
      description: 'From and to, as in the paper.',
    },
  },
} as const satisfies JsonSchema;

/** A figure of measured curves. */
const figure = {
  type: 'object',
  description: 'A figure: its panels, and the networks whose curves they show.',
  required: ['kind', 'protocol', 'published', 'panels'],
  additionalProperties: false,
  properties: {
    kind: { const: 'figure' },
    protocol: common.protocol,
    published: {
      ...label,
      description:
        'Key of the figure in paper.json, which has its heading, title and page, and in curves.json.',
    },
    panels: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['title', 'shows', 'x', 'y', 'curves'],
        additionalProperties: false,
        properties: {
          title: label,
          shows: {
            type: 'array',
            minItems: 1,
            uniqueItems: true,
            items: label,
            description: 'Lines of the task: train, test.',
          },
          x: {
            ...axis,
            properties: {
              ...axis.properties,
              per: {
                type: 'number',
                exclusiveMinimum: 0,
                maximum: 1e9,
                description:
                  'How many of what is counted (iterations, layers) one unit of the axis is; 1 when absent.',
              },
            },
          },
          y: axis,
          curves: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['label', 'network'],
              additionalProperties: false,
              properties: {
                label: { ...label, description: 'As shown; also what --rows selects.' },
                network: { ...label, description: 'Network of the protocol.' },
                published: {
                  ...label,
                  description: 'Curve of the figure in curves.json; the network when absent.',
                },
              },
            },
          },
        },
      },
    },
    claims: common.claims,
    assumptions: common.assumptions,
  },
} as const satisfies JsonSchema;

/** experiments/<id>/<name>.yaml: what a table or figure shows, and the published numbers that it answers. */
export const manifestSchema = {
  oneOf: [table, figure, architectureSchema],
  description: 'What a table or figure shows, and the published numbers that it answers.',
} as const satisfies JsonSchema;

/** A table or figure as written, defaults filled in. */
export type ManifestFile = TableFile | FigureFile | ArchitectureFile;

/** A table as written. */
export type TableFile = Spec<typeof table>;

/** A figure as written. */
export type FigureFile = Spec<typeof figure>;
