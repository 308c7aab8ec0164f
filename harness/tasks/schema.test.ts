import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residualNetworkSchema } from '../../ml/nets/spec.ts';
import type { JsonSchema } from '../../ml/schema.ts';
import { canonicalJson } from '../record/keys.ts';
import { schemaProblems } from '../schema.ts';
import { evaluateSchema, trainSchema } from './classification/spec.ts';
import { settablePaths, withDefaults, withoutDefaults } from './schema.ts';
import { valuesOf } from './values.fixture.ts';

/** Everything that the two functions have to find their way through. */
const contrived: JsonSchema = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['a', 'b'] },
    flag: { type: 'boolean', default: false },
    nothing: { oneOf: [{ type: 'null' }, { type: 'integer' }], default: null },
    pair: {
      type: 'object',
      default: { x: 1, y: [2] },
      properties: {
        x: { type: 'integer', default: 1 },
        y: { type: 'array', items: { type: 'integer' }, default: [2] },
        z: { type: 'integer', default: 3 },
      },
    },
    maybe: {
      oneOf: [
        { type: 'null' },
        {
          type: 'object',
          required: ['rate'],
          properties: { rate: { type: 'number' }, form: { enum: [1, 2], default: 1 } },
        },
      ],
    },
    tagged: {
      oneOf: [
        {
          type: 'object',
          required: ['tag'],
          properties: { tag: { const: 'p' }, n: { type: 'integer', default: 4 } },
        },
        {
          type: 'object',
          required: ['tag'],
          properties: { tag: { const: 'q' }, n: { type: 'integer', default: 5 } },
        },
      ],
    },
    list: {
      type: 'array',
      default: [],
      items: {
        oneOf: [
          {
            type: 'object',
            required: ['name'],
            properties: { name: { const: 'u' }, pad: { type: 'integer', default: 0 } },
          },
          {
            type: 'object',
            required: ['name'],
            properties: { name: { const: 'v' }, pad: { type: 'integer', default: 1 } },
          },
        ],
      },
    },
    window: {
      type: 'array',
      minItems: 2,
      maxItems: 2,
      items: [{ type: 'integer' }, { type: 'object', properties: { to: { type: 'integer', default: 9 } } }],
      additionalItems: false,
    },
  },
};

const schemas: [string, JsonSchema][] = [
  ['trainings', trainSchema],
  ['evaluations', evaluateSchema],
  ['a contrived thing', contrived],
];

describe.each(schemas)('defaults of %s', (_, schema) => {
  const values = valuesOf(schema);
  const holds = (property: (value: unknown) => void) =>
    fc.assert(fc.property(values, property), { numRuns: 150 });

  it('are filled in and taken out without changing what is meant', () =>
    holds(value => {
      expect(schemaProblems(schema, value)).toEqual([]);
      const [full, lean] = [withDefaults(schema, value), withoutDefaults(schema, value)];
      expect(withDefaults(schema, lean)).toEqual(full);
      expect(withoutDefaults(schema, full)).toEqual(lean);
      expect(withDefaults(schema, full)).toEqual(full);
      expect(withoutDefaults(schema, lean)).toEqual(lean);
      expect(schemaProblems(schema, full)).toEqual([]);
      expect(schemaProblems(schema, lean)).toEqual([]);
    }));

  it('do not depend on the order of keys', () =>
    holds(value => {
      const text = (of: unknown) => canonicalJson(withoutDefaults(schema, of));
      expect(text(reversed(value))).toBe(text(value));
    }));

  it('are no part of what is given: the value is left alone, and so is the schema', () => {
    const before = JSON.stringify(schema);
    holds(value => {
      const text = JSON.stringify(value);
      const full = withDefaults(schema, value) as Record<string, unknown>;
      withoutDefaults(schema, value);
      expect(JSON.stringify(value)).toBe(text);
      for (const inner of Object.values(full)) if (Array.isArray(inner)) inner.push('changed');
    });
    expect(JSON.stringify(schema)).toBe(before);
  });

  it('leave what the schema does not know for its check to find', () =>
    holds(value => {
      const more = { ...(value as object), unheardOf: 1, ...JSON.parse('{"__proto__": 2}') };
      for (const change of [withDefaults, withoutDefaults]) {
        expect(change(schema, more)).toMatchObject({ unheardOf: 1 });
        expect(Object.keys(change(schema, more) as object)).toContain('__proto__');
      }
    }));
});

describe('defaults', () => {
  it('are those of the alternative that knows all fields, where no constant tells them apart', () => {
    const alternative = (name: string) => ({ properties: { [name]: {}, more: { default: name } } });
    const schema = { oneOf: [alternative('trained'), alternative('released')] };
    expect(withDefaults(schema, { released: 1 })).toEqual({ released: 1, more: 'released' });
    expect(withoutDefaults(schema, { released: 1, more: 'trained' })).toEqual({
      released: 1,
      more: 'trained',
    });
    expect(withDefaults(schema, { other: 1 })).toEqual({ other: 1, more: 'trained' });
  });

  it('are those of the alternative that is meant, inside of lists too', () => {
    const value = {
      kind: 'a',
      tagged: { tag: 'q' },
      maybe: { rate: 1 },
      list: [{ name: 'v' }, { name: 'u' }],
      window: [1, {}],
    };
    expect(withDefaults(contrived, value)).toEqual({
      kind: 'a',
      flag: false,
      nothing: null,
      pair: { x: 1, y: [2], z: 3 },
      maybe: { rate: 1, form: 1 },
      tagged: { tag: 'q', n: 5 },
      list: [
        { name: 'v', pad: 1 },
        { name: 'u', pad: 0 },
      ],
      window: [1, { to: 9 }],
    });
    const other = {
      kind: 'a',
      tagged: { tag: 'q', n: 4 },
      list: [{ name: 'v', pad: 0 }],
      pair: { z: 3, y: [2] },
    };
    expect(withoutDefaults(contrived, other)).toEqual({
      kind: 'a',
      tagged: { tag: 'q', n: 4 },
      list: [{ name: 'v', pad: 0 }],
    });
  });

  it('of things that are no objects are nothing', () => {
    for (const value of [null, 1, 'x', true, undefined]) {
      expect(withDefaults(contrived, value)).toBe(value);
      expect(withoutDefaults(contrived, value)).toBe(value);
    }
  });
});

describe('the paths that a profile may set', () => {
  const paths = settablePaths(trainSchema);

  it('are those of all fields, the whole of an object and its inside alike', () => {
    for (const path of [
      ...['data', 'data.trainImages', 'data.augmentation', 'data.augmentation.pad', 'data.shorterSide'],
      ...['network.blocks', 'network.strideIn', 'network.init.classifier', 'optimiser.sgd.momentum'],
      ...['schedule.warmup', 'schedule.warmup.rate', 'evaluation.tests', 'evaluation.statisticsBatches'],
    ])
      expect(paths.has(path), path).toBe(true);
    expect(paths.get('network.blocks')).toBe(residualNetworkSchema.properties.blocks);
  });

  it('are not the constants that tell alternatives apart, nor the inside of lists', () => {
    for (const path of [
      'data.set',
      'network.family',
      'network.init.convolution',
      'evaluation.tests.name',
      'seed',
    ])
      expect(paths.has(path), path).toBe(false);
  });

  it('reach every value of every spec that is no constant and in no list', () =>
    fc.assert(
      fc.property(valuesOf(trainSchema), value => {
        for (const [path, inner] of leaves(withDefaults(trainSchema, value))) {
          const schema = paths.get(path);
          if (schema) expect(schemaProblems(alternativeOf(path, value, schema), inner)).toEqual([]);
          else expect(['data.set', 'network.family', 'network.init.convolution']).toContain(path);
        }
      }),
      { numRuns: 50 },
    ));
});

/** Two data sets may have a setting of one name: `paths` then holds one of them. */
function alternativeOf(path: string, value: unknown, found: JsonSchema): JsonSchema {
  const { set } = (value as { data: { set: string } }).data;
  const [first, name] = path.split('.');
  if (first !== 'data' || name === undefined || path.split('.').length > 2) return found;
  const { properties } = trainSchema.properties.data.oneOf.find(
    ({ properties }) => properties.set.const === set,
  )!;
  return (properties as Record<string, JsonSchema>)[name]!;
}

function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path ? `${path}.${name}` : name));
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]));
}
