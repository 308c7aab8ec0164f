import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { label, line, networks, reasoned } from './common.ts';

const statement = {
  ...line,
  description: "What is tested, in one sentence and in the paper's direction.",
} as const satisfies JsonSchema;

const measure = { ...label, description: 'A measure of the task.' } as const satisfies JsonSchema;
const curve = {
  ...label,
  description: 'A line of the task, as figures show it.',
} as const satisfies JsonSchema;

/** By profile, fixed before its runs are looked at. Without one, the profile says nothing about the test. */
function thresholds<const D extends string>(description: D) {
  return {
    type: 'object',
    description: `By profile: ${description} Fixed before its runs are looked at; without one, the profile does not test it.`,
    additionalProperties: reasoned({ type: 'number', minimum: -1e9, maximum: 1e9, description }),
  } as const satisfies JsonSchema;
}

const sides = {
  better: { ...label, description: 'The network that should have the better value.' },
  worse: { ...label, description: 'The network that should have the worse value.' },
} as const satisfies Record<string, JsonSchema>;

/** A test of some kind: what the kinds mean is in docs/verdicts.md. */
function test<
  const K extends string,
  const P extends Record<string, JsonSchema>,
  const R extends readonly string[],
>(kind: K, properties: P, required: R) {
  return {
    type: 'object',
    required: ['kind', 'statement', ...required],
    additionalProperties: false,
    properties: { kind: { const: kind }, statement, ...properties },
  } as const satisfies JsonSchema;
}

const order = test('order', { measure, ...sides, thresholds: thresholds('the gap that must be exceeded.') }, [
  'measure',
  'better',
  'worse',
  'thresholds',
]);

const size = test(
  'size',
  {
    measure,
    ...sides,
    gap: { type: 'number', minimum: 0, maximum: 1e9, description: 'The gap that the paper states.' },
    thresholds: thresholds('how far from it the gap may lie.'),
  },
  ['measure', 'better', 'worse', 'gap', 'thresholds'],
);

const several = { ...networks, minItems: 2 } as const satisfies JsonSchema;

const same = test(
  'same',
  { measure, networks: several, thresholds: thresholds('the difference that does not count.') },
  ['measure', 'networks', 'thresholds'],
);

const chain = test(
  'chain',
  {
    measure,
    mean: {
      ...curve,
      description: 'A line whose mean over its points is compared, in the place of a measure.',
    },
    networks: { ...several, description: 'From the worst to the best.' },
    thresholds: thresholds('the gap that each step must exceed.'),
  },
  ['networks', 'thresholds'],
);

const threshold = test(
  'threshold',
  {
    measure,
    network: { ...label, description: 'The network that it is about.' },
    is: { enum: ['above', 'below'], description: 'On which side of the bound the measure should lie.' },
    thresholds: thresholds('the bound.'),
  },
  ['measure', 'network', 'is', 'thresholds'],
);

const fraction = test(
  'fraction',
  {
    line: curve,
    ...sides,
    until: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'The share of the line, from its beginning, that is looked at; all of it when absent.',
    },
    thresholds: thresholds('the share of points at which `better` must have the smaller value.'),
  },
  ['line', 'better', 'worse', 'thresholds'],
);

const improvement = test(
  'improvement',
  {
    measure,
    over: { ...measure, description: 'The measure of the same network that it should be better than.' },
    network: { ...label, description: 'The network that it is about.' },
    thresholds: thresholds('the gap that must be exceeded.'),
  },
  ['measure', 'over', 'network', 'thresholds'],
);

const told = test('told', { why: { ...line, description: 'Why it is not tested.' } }, ['why']);

/** Something that can be counted or was published. */
const term = {
  oneOf: [
    {
      type: 'object',
      required: ['count', 'of'],
      additionalProperties: false,
      properties: {
        count: {
          enum: [
            'layers',
            'parameters',
            'multiplyAdds',
            'projections',
            'layersToStride16',
            'blockMultiplyAdds',
            'blockParameters',
          ],
        },
        of: { ...label, description: 'A network of some protocol, under the paper’s own settings.' },
        shortcut: { enum: ['A', 'B', 'C', 'none'], description: 'As if it had these shortcuts.' },
      },
    },
    {
      type: 'array',
      minItems: 3,
      maxItems: 3,
      items: label,
      description: 'A published value: table, row and column of paper.json.',
    },
    { type: 'number', minimum: 0, maximum: 1e15, description: 'A number that the text of the paper names.' },
  ],
} as const satisfies JsonSchema;

const exact = test(
  'exact',
  {
    equations: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['take'],
        additionalProperties: false,
        properties: {
          take: term,
          minus: term,
          over: { ...term, description: 'Divides.' },
          change: { ...term, description: 'The size of the relative change from `take` to it, in %.' },
          is: { ...label, description: 'What comes of it, as printed: 13, 3.6G, 1.7M, 18%.' },
          below: {
            type: 'array',
            minItems: 1,
            items: term,
            description: 'It is smaller than each of these.',
          },
        },
      },
    },
  },
  ['equations'],
);

const leaves = [order, size, same, chain, threshold, fraction, improvement, exact, told] as const;

const all = test(
  'all',
  {
    parts: {
      type: 'object',
      minProperties: 2,
      description: 'Tests that all must hold, by an id of ours.',
      additionalProperties: { oneOf: leaves },
    },
  },
  ['parts'],
);

const protocol = {
  ...label,
  description: 'File in protocols/, without .yaml, whose runs it needs; absent when it needs none.',
} as const satisfies JsonSchema;

const withProtocol = <const S extends { readonly properties: Readonly<Record<string, JsonSchema>> }>(
  schema: S,
) => ({ ...schema, properties: { ...schema.properties, protocol } }) as const;

/** experiments/<id>/claims.yaml: what the paper claims, and how each claim is tested or why it is not. */
export const claimsSchema = {
  type: 'object',
  description: 'The claims of a paper, by their ids in paper.json: how each is tested, or why it is not.',
  required: ['claims'],
  additionalProperties: false,
  properties: {
    definitions: { type: 'object', description: 'Texts that are used several times, by YAML anchors.' },
    claims: {
      type: 'object',
      additionalProperties: {
        oneOf: [
          withProtocol(order),
          withProtocol(size),
          withProtocol(same),
          withProtocol(chain),
          withProtocol(threshold),
          withProtocol(fraction),
          withProtocol(improvement),
          withProtocol(exact),
          withProtocol(told),
          withProtocol(all),
        ],
      },
    },
  },
} as const satisfies JsonSchema;

/** claims.yaml as written, defaults filled in. */
export type ClaimsFile = Spec<typeof claimsSchema>;

/** A single test. */
export type TestFile = Spec<(typeof leaves)[number]>;

/** What an exact claim is computed from. */
export type TermFile = Spec<typeof term>;

/** An exact statement. */
export type EquationFile = Spec<typeof exact>['equations'][number];
