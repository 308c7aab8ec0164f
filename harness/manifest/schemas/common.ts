import type { JsonSchema } from '../../../ml/schema.ts';

/** A label, title or sentence. That it is a single line without control characters is checked for all text at once. */
export const line = { type: 'string', minLength: 1, maxLength: 2000 } as const satisfies JsonSchema;

/** A short text: a heading, the label of a row, the name of a network. */
export const label = { type: 'string', minLength: 1, maxLength: 120 } as const satisfies JsonSchema;

/** A page of the paper. */
export const page = { type: 'integer', minimum: 1, maximum: 100000 } as const satisfies JsonSchema;

/** Height or width of an image, in pixels. */
export const pixels = { type: 'integer', minimum: 1, maximum: 4096 } as const satisfies JsonSchema;

/** A number that has to have some bound. */
export const coordinate = { type: 'number', minimum: -1e12, maximum: 1e12 } as const satisfies JsonSchema;

/** A bound that results are judged by, fixed before they are looked at, and the reason for it. */
export const reasoned = <const V extends JsonSchema>(value: V) =>
  ({
    type: 'object',
    required: ['value', 'why'],
    additionalProperties: false,
    properties: { value, why: { ...line, description: 'The reason for it, one sentence.' } },
  }) as const satisfies JsonSchema;

/** Which values of a column are better; absent where none are, as of counts. */
export const direction = {
  enum: ['lower', 'higher'],
  description: 'Whether smaller or larger values are better.',
} as const satisfies JsonSchema;

/** Names of networks of the protocol. */
export const networks = {
  type: 'array',
  minItems: 1,
  uniqueItems: true,
  items: { ...label, description: 'A network of the protocol.' },
} as const satisfies JsonSchema;

/** What every manifest may have. */
export const manifest = {
  protocol: { ...label, description: 'File in protocols/, without .yaml.' },
  claims: {
    type: 'array',
    items: label,
    default: [],
    description: 'Claims of the protocol that its runs bear on.',
  },
  assumptions: {
    type: 'array',
    items: line,
    default: [],
    description: 'What was chosen for this table or figure alone, under every profile, one sentence each.',
  },
} as const satisfies Record<string, JsonSchema>;
