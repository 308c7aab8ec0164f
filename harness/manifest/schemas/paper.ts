import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { imageSets } from '../../tasks/task.ts';
import { direction, label, line, page } from './common.ts';

const amount = { type: 'number', minimum: 0, maximum: 1e15 } as const satisfies JsonSchema;

const images = {
  enum: imageSets,
  description: 'Images that a value was measured on: of its cell, else of its column, else of its table.',
} as const satisfies JsonSchema;

const value = {
  type: 'object',
  required: ['value', 'printed', 'unit', 'estimator', 'page'],
  additionalProperties: false,
  properties: {
    value: amount,
    printed: { ...label, description: 'As printed, e.g. 6.43 (6.61±0.16).' },
    unit: label,
    direction,
    estimator: {
      enum: [
        'single run',
        'best of several',
        'ensemble',
        'evaluated by the authors',
        'published by others',
        'computed',
        'digitised',
      ],
      description:
        'What the printed value is; of several runs, `runs` says of how many. Weights that others trained are `evaluated by the authors`.',
    },
    by: {
      const: 'inferred',
      description:
        'The paper does not say that the estimator is this one; a note of the table says why it is taken so.',
    },
    models: {
      oneOf: [{ type: 'null' }, { type: 'integer', minimum: 2, maximum: 1000 }],
      description: 'Networks of an ensemble; null where the paper does not say how many.',
    },
    images,
    page,
    mean: { ...amount, description: 'Mean of repeated runs, where printed.' },
    sd: { ...amount, description: 'Their standard deviation, where printed.' },
    runs: { type: 'integer', minimum: 1, maximum: 1e6, description: 'How many they were.' },
  },
} as const satisfies JsonSchema;

const table = {
  type: 'object',
  required: ['heading', 'page', 'title', 'caption', 'columns', 'rows', 'notes'],
  additionalProperties: false,
  properties: {
    heading: { ...label, description: 'Number in the paper: Table 6.' },
    page,
    title: line,
    caption: { ...line, description: 'What the caption says, in our words.' },
    images,
    columns: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: 'object',
        required: ['label'],
        additionalProperties: false,
        properties: { label, unit: label, direction, images },
      },
    },
    rows: {
      type: 'object',
      description:
        'Cells by row and column: a number, a fact as printed, or null where the table has a dash or nothing.',
      additionalProperties: {
        type: 'object',
        additionalProperties: { oneOf: [{ type: 'null' }, { type: 'string', maxLength: 200 }, value] },
      },
    },
    notes: { type: 'array', items: line },
  },
} as const satisfies JsonSchema;

const figure = {
  type: 'object',
  required: ['heading', 'page', 'title', 'shows', 'notes'],
  additionalProperties: false,
  properties: {
    heading: { ...label, description: 'Number in the paper: Figure 6.' },
    page,
    title: line,
    shows: { ...line, description: 'What is drawn.' },
    notes: { type: 'array', items: line },
  },
} as const satisfies JsonSchema;

const claim = {
  type: 'object',
  required: ['statement', 'where', 'pages', 'test'],
  additionalProperties: false,
  properties: {
    statement: line,
    where: { ...line, description: 'Section, table or figure that makes the claim.' },
    pages: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: page,
      description: 'Pages of it, ascending.',
    },
    test: { ...line, description: 'What would test it.' },
    expected: { ...line, description: "What the paper's own numbers say." },
    exact: { ...line, description: 'The exact value, where it can be computed.' },
    caveat: line,
    kind: {
      enum: ['conjecture', 'explanation', 'general'],
      description: 'Absent for a statement that can be tested.',
    },
  },
} as const satisfies JsonSchema;

/** experiments/<id>/paper.json: what the paper prints, transcribed once. */
export const paperSchema = {
  type: 'object',
  description: 'Numbers, headings and claims of a paper, as published.',
  required: ['authors', 'venue', 'source', 'tables', 'figures', 'claims'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    authors: { type: 'array', minItems: 1, items: label },
    venue: line,
    arxiv: label,
    source: {
      type: 'object',
      description: 'The document that the numbers were read from.',
      required: ['document', 'sha256'],
      additionalProperties: false,
      properties: { document: line, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
    },
    tables: { type: 'object', additionalProperties: table },
    figures: { type: 'object', additionalProperties: figure },
    claims: { type: 'object', additionalProperties: claim },
  },
} as const satisfies JsonSchema;

/** paper.json as written. */
export type PaperFile = Spec<typeof paperSchema>;

/** A table of it. */
export type PaperTable = PaperFile['tables'][string];

/** A cell of a table: a number, a fact, or nothing. */
export type PaperCell = PaperTable['rows'][string][string];

/** A number of a table. */
export type PaperValue = Spec<typeof value>;
