import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../ml/schema.ts';
import { objectOf, schemaProblems } from './schema.ts';

function messages(schema: JsonSchema, value: unknown): string[] {
  return schemaProblems(schema, value).map(({ path, message }) => `${path.join('/')}: ${message}`);
}

const animal = {
  type: 'object',
  required: ['name', 'legs'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, description: 'What it is called.' },
    legs: { type: 'integer', minimum: 0, maximum: 8, description: 'How many it stands on.' },
    tags: { type: 'array', items: { enum: ['wild', 'tame'] }, uniqueItems: true, maxItems: 2 },
    tamed: { type: 'boolean', default: false },
  },
} as const satisfies JsonSchema;

/** Alternatives that nothing but their keys tells apart. */
const untold = {
  oneOf: [
    objectOf({ rate: { type: 'number' }, steps: { type: 'integer' } }),
    objectOf({ weights: { type: 'string' } }),
  ],
};

const shape = {
  oneOf: [
    {
      type: 'object',
      required: ['is', 'radius'],
      additionalProperties: false,
      properties: { is: { const: 'circle' }, radius: { type: 'number', exclusiveMinimum: 0 } },
    },
    {
      type: 'object',
      required: ['is', 'sides'],
      additionalProperties: false,
      properties: { is: { const: 'polygon' }, sides: { type: 'integer', minimum: 3 } },
    },
  ],
} as const satisfies JsonSchema;

const pets = {
  oneOf: [
    { type: 'object', properties: { legs: { const: 4 }, is: { const: 'cat' } }, required: ['is'] },
    { type: 'object', properties: { wings: { const: 2 }, is: { const: 'bird', default: 'bird' } } },
  ],
} as const satisfies JsonSchema;

describe('what is valid', () => {
  it.each<[string, JsonSchema, unknown]>([
    ['an object with all that is required', animal, { name: 'cat', legs: 4 }],
    ['one with what is not required too', animal, { name: 'cat', legs: 4, tags: ['wild', 'tame'] }],
    ['either alternative', shape, { is: 'polygon', sides: 3 }],
    ['the alternative that is meant when nothing is said', pets, { wings: 2 }],
    ['null as an alternative', { oneOf: [{ type: 'null' }, animal] }, null],
    ['a whole number written as a decimal', { type: 'integer' }, 2.0],
    ['a constant whose keys are in another order', { const: { a: 1, b: [2] } }, { b: [2], a: 1 }],
    ['anything, where nothing is asked', {}, { a: [Number.NaN] }],
    ['other keys, where they are allowed', { type: 'object', additionalProperties: true }, { a: 1 }],
    ['four code points in eight bytes of UTF-16', { type: 'string', minLength: 4, maxLength: 4 }, '🐈🐈🐈🐈'],
    ['repeats, where nothing forbids them', { type: 'array', uniqueItems: false }, [1, 1]],
  ])('%s', (_, schema, value) => {
    expect(messages(schema, value)).toEqual([]);
  });
});

describe('what is wrong is said with its place and what was expected', () => {
  // biome-ignore format: a table, one mistake a line
  it.each<[string, JsonSchema, unknown, string[]]>([
    ['a wrong type', animal, 'cat', [': expected object, received "cat"']],
    ['a list for an object', animal, [], [': expected object, received []']],
    ['a missing key, with what it is for', animal, { name: 'cat' }, [': missing key "legs": How many it stands on.']],
    ['an unknown key, with the nearest', animal, { name: 'cat', legs: 4, tag: [] }, ['tag: unknown key "tag". Did you mean tags? Expected one of: name, legs, tags, tamed.']],
    ['a bound', animal, { name: 'cat', legs: 9 }, ['legs: expected integer, at least 0, at most 8, received 9']],
    ['two broken rules that say the same, once', { type: 'number', minimum: 2, exclusiveMinimum: 2 }, 1, [': expected number, at least 2, greater than 2, received 1']],
    ['a fraction', animal, { name: 'cat', legs: 3.5 }, ['legs: expected integer, at least 0, at most 8, received 3.5']],
    ['a number that is none', { type: 'number' }, Number.NaN, [': expected number, received NaN']],
    ['an infinite number', { type: 'number' }, Number.POSITIVE_INFINITY, [': expected number, received Infinity']],
    ['an empty text', animal, { name: '', legs: 4 }, ['name: expected string, not empty, received ""']],
    ['a choice, with the nearest', animal, { name: 'cat', legs: 4, tags: ['tam'] }, ['tags/0: expected "wild" or "tame", received "tam". Did you mean tame?']],
    ['a choice that is no text', animal, { name: 'cat', legs: 4, tags: [{ toString: 1 }] }, ['tags/0: expected "wild" or "tame", received {"toString":1}']],
    ['a repeat', animal, { name: 'cat', legs: 4, tags: ['tame', 'tame'] }, ['tags: expected array, at most 2 items, without repeats, received ["tame","tame"]']],
    ['a repeat with its keys in another order', { type: 'array', uniqueItems: true }, [{ a: 1, b: 2 }, { b: 2, a: 1 }], [': expected array, without repeats, received [{"a":1,"b":2},{"b":2,"a":1}]']],
    ['another constant', { const: true }, false, [': expected true, received false']],
    ['null for the text "null"', { const: 'null' }, null, [': expected "null", received null']],
    ['not a number, for null', { enum: [null] }, Number.NaN, [': expected null, received NaN']],
    ['a pattern', { type: 'string', pattern: '^[a-z]+$' }, 'A', [': expected string, matching ^[a-z]+$, received "A"']],
    ['too few items', { type: 'array', minItems: 2, maxItems: 2 }, [1], [': expected array, 2 items, received [1]']],
    ['an item of a pair', { type: 'array', minItems: 2, maxItems: 2, items: [{ type: 'string' }, { type: 'number' }], additionalItems: false }, ['a', 'b'], ['1: expected number, received "b"']],
    ['an object without anything in it', { type: 'object', minProperties: 1 }, {}, [': expected object, not empty, received {}']],
    ['a value under any key', { type: 'object', additionalProperties: { type: 'null' } }, { a: 1 }, ['a: expected null, received 1']],
    ['a long value, cut', { type: 'null' }, 'x'.repeat(100), [`: expected null, received "${'x'.repeat(56)}...`]],
    ['a key that every object inherits', { type: 'object', required: ['constructor'] }, {}, [': missing key "constructor"']],
    ['a key that is not inherited', { type: 'object', additionalProperties: false, properties: { a: {} } }, { toString: 1 }, ['toString: unknown key "toString". Expected one of: a.']],
    ['characters that a terminal would obey, escaped', { type: 'object', additionalProperties: false, properties: {} }, { '\u001b[31m\u009b\u2028': 1 }, ['\u001b[31m\u009b\u2028: unknown key "\\u001b[31m\\u009b\\u2028".']],
  ])('%s', (_, schema, value, expected) => {
    expect(messages(schema, value)).toEqual(expected);
  });

  // biome-ignore format: a table, one mistake a line
  it.each<[string, JsonSchema, unknown, string[]]>([
    ['inside of the one that is meant', shape, { is: 'polygon', sides: 2 }, ['sides: expected integer, at least 3, received 2']],
    ['an unknown one, with the nearest', shape, { is: 'circel', radius: 1 }, ['is: expected "circle" or "polygon", received "circel". Did you mean circle?']],
    ['none that is named', shape, { radius: 1 }, [': missing key "is"']],
    ['one of whose other constants is wrong', pets, { is: 'cat', legs: 3 }, ['legs: expected 4, received 3']],
    ['the one that is meant when nothing is said', pets, { wings: 4 }, ['wings: expected 2, received 4']],
    ['the one that fits best where no constant tells them apart', untold, { weights: 7 }, ['weights: expected string, received 7']],
    ['no object at all', shape, 4, [': expected object, received 4']],
    ['neither a word nor a number', { oneOf: [{ const: 'he' }, { type: 'number', minimum: 0 }] }, 'she', [': expected "he" or number, at least 0, received "she"']],
    ['a number that is out of bounds', { oneOf: [{ const: 'he' }, { type: 'number', minimum: 0 }] }, -1, [': expected number, at least 0, received -1']],
  ])('of several alternatives: %s', (_, schema, value, expected) => {
    expect(messages(schema, value)).toEqual(expected);
  });

  it('thousands of problems are not all told', () => {
    expect(messages({ type: 'array', items: { type: 'string' } }, new Array(100_000).fill(1))).toHaveLength(
      100,
    );
  });

  it('thousands of unknown keys are not each compared with all that are known', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));
    expect(
      messages({ type: 'object', additionalProperties: false, properties: { key: {} } }, many),
    ).toHaveLength(20);
  });
});

// Not constructor, valueOf and toString: what ajv compares values with stumbles over them.
const names = ['a', 'b', 'isPrototypeOf', '__proto__'];
const scalar = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  -0,
  1,
  1.5,
  -2,
  3,
  '',
  'a',
  'ab',
  '🐈',
  'a\n',
  'b1',
);
const json = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...names), tie('value')), {
        selector: ([key]) => key,
        maxLength: 4,
      })
      .map(entries => Object.fromEntries(entries)),
  ),
})).value;

/** Keywords of a type, each there or not. */
const keywords = {
  number: fc.record(
    {
      minimum: fc.integer({ min: -2, max: 2 }),
      maximum: fc.integer({ min: 0, max: 3 }),
      exclusiveMinimum: fc.integer({ min: -2, max: 2 }),
      exclusiveMaximum: fc.integer({ min: 0, max: 3 }),
    },
    { requiredKeys: [] },
  ),
  string: fc.record(
    {
      minLength: fc.integer({ min: 0, max: 2 }),
      maxLength: fc.integer({ min: 0, max: 2 }),
      pattern: fc.constantFrom('^[a-z]*$', '.', '^\\p{L}', '^(?!.*b)'),
    },
    { requiredKeys: [] },
  ),
};

/** Schemas of the part of JSON Schema that is ours. */
const { schema: anySchema } = fc.letrec<{ schema: JsonSchema; object: JsonSchema; array: JsonSchema }>(
  tie => ({
    schema: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'schema' },
      fc.constantFrom<JsonSchema>({}, { type: 'null' }, { type: 'boolean', default: true }),
      fc.record({ const: json }),
      fc.record({
        enum: fc.uniqueArray(json, { minLength: 1, maxLength: 3, selector: value => JSON.stringify(value) }),
      }),
      keywords.number.map(rest => ({ type: 'number' as const, ...rest })),
      keywords.number.map(rest => ({ type: 'integer' as const, ...rest })),
      keywords.string.map(rest => ({ type: 'string' as const, ...rest })),
      tie('object'),
      tie('array'),
      // Told apart by a constant, or by their types.
      fc.tuple(tie('object'), tie('object')).map(alternatives => ({ oneOf: alternatives.map(tagged) })),
      fc.tuple(tie('object'), tie('array'), keywords.number).map(([object, array, rest]) => ({
        oneOf: [
          { type: 'null' as const },
          { const: 'a' },
          object,
          array,
          { type: 'number' as const, ...rest },
        ],
      })),
    ),
    object: fc
      .record(
        {
          properties: fc.dictionary(fc.constantFrom('a', 'b', 'isPrototypeOf'), tie('schema'), {
            maxKeys: 3,
          }),
          required: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
          additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
          minProperties: fc.integer({ min: 0, max: 2 }),
        },
        { requiredKeys: [] },
      )
      .map(rest => ({ type: 'object' as const, ...rest })),
    array: fc.oneof(
      fc
        .record(
          {
            items: tie('schema'),
            minItems: fc.integer({ min: 0, max: 2 }),
            maxItems: fc.integer({ min: 0, max: 3 }),
            uniqueItems: fc.boolean(),
          },
          { requiredKeys: [] },
        )
        .map(rest => ({ type: 'array' as const, ...rest })),
      fc.tuple(tie('schema'), tie('schema')).map(items => ({
        type: 'array' as const,
        items,
        minItems: 2,
        maxItems: 2,
        additionalItems: false,
      })),
    ),
  }),
);

function tagged(alternative: JsonSchema, i: number): JsonSchema {
  const { properties = {}, required = [] } = alternative;
  const rest = { ...alternative, required: [...new Set([...required, 'is'])] };
  return { ...rest, properties: { ...properties, is: { const: i } } };
}

/** Values that a schema may well accept, and any others. */
function valueFor(schema: JsonSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: meant(schema) }, { weight: 1, arbitrary: json });
}

function meant(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.oneOf) return fc.oneof(...schema.oneOf.map(valueFor));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {});
    const other =
      typeof schema.additionalProperties === 'object' ? valueFor(schema.additionalProperties) : json;
    const required = (schema.required ?? []).filter(name => !properties.some(([known]) => known === name));
    return fc
      .tuple(
        fc.array(fc.tuple(fc.constantFrom(...names), other), { maxLength: 1 }),
        fc.tuple(...required.map(name => fc.tuple(fc.constant(name), other))),
        fc.tuple(...properties.map(([name, inner]) => fc.tuple(fc.constant(name), valueFor(inner)))),
      )
      .map(entries => Object.fromEntries(entries.flat() as [string, unknown][]));
  }
  if (schema.type === 'array') {
    if (Array.isArray(schema.items)) return fc.tuple(...(schema.items as JsonSchema[]).map(valueFor));
    return fc.array(schema.items ? valueFor(schema.items as JsonSchema) : json, { maxLength: 3 });
  }
  return scalar;
}

it('accepts what ajv accepts, and nothing else', () => {
  const ajv = new Ajv({ strict: false, ownProperties: true, validateFormats: false, logger: false });
  let accepted = 0;
  const checks = fc.property(
    anySchema.chain(schema =>
      fc.tuple(fc.constant(schema), fc.array(valueFor(schema), { minLength: 5, maxLength: 5 })),
    ),
    ([schema, values]) => {
      const validate = ajv.compile(schema);
      for (const value of values) {
        const valid = validate(value);
        if (valid) accepted++;
        expect(schemaProblems(schema, value).length === 0).toBe(valid);
      }
      ajv.removeSchema(schema);
    },
  );
  fc.assert(checks, { numRuns: 1500 });
  expect(accepted).toBeGreaterThan(1500);
});
