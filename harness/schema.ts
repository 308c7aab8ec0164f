import type { JsonSchema } from '../ml/schema.ts';
import { didYouMean } from './nearest.ts';

/** Where a value is wrong, from the top of what was checked, and what was expected there. */
export interface SchemaProblem {
  path: readonly (string | number)[];
  message: string;
}

/** Checks a value against a schema; an empty list: valid. Fields with a default may be absent. */
export function schemaProblems(schema: JsonSchema, value: unknown): SchemaProblem[] {
  if (schema.oneOf) return alternativeProblems(schema, value);
  if (schema.type !== undefined && !isOfType(schema.type, value))
    return [wrong(`expected ${expectation(schema)}, received ${show(value)}`)];
  const problems = keywords.flatMap(keyword =>
    schema[keyword] === undefined ? [] : rules[keyword](schema as Required<JsonSchema>, value),
  );
  // A value outside of its bounds is told once, with all of them.
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = JSON.stringify([path, message]);
    return !seen.has(key) && seen.add(key);
  });
}

type Check = (schema: Required<JsonSchema>, value: unknown) => SchemaProblem[];

/** One rule for each keyword; `type` and `oneOf` come before all others. */
const rules: { readonly [K in Exclude<keyof JsonSchema, 'type' | 'oneOf'>]: Check } = {
  const: bound(({ const: only }, value) => same(only, value)),
  enum(schema, value) {
    if (schema.enum.some(each => same(each, value))) return [];
    const expected = `expected ${listed(schema.enum.map(show))}, received ${show(value)}`;
    return [wrong(sentences(`${expected}.`, didYouMean(String(value), schema.enum.map(String))))];
  },
  properties: ({ properties }, value) =>
    Object.entries(properties).flatMap(([name, property]) =>
      own(value, name) ? inside(name, schemaProblems(property, value[name])) : [],
    ),
  required: ({ required, properties = {} }, value) =>
    required
      .filter(name => isObject(value) && !own(value, name))
      .map(name => wrong(`missing key "${name}"${described(properties[name])}`)),
  additionalProperties({ additionalProperties, properties = {} }, value) {
    if (!isObject(value)) return [];
    const others = Object.keys(value).filter(name => !Object.hasOwn(properties, name));
    return others.flatMap(name => {
      if (additionalProperties === true) return [];
      if (additionalProperties !== false)
        return inside(name, schemaProblems(additionalProperties, value[name]));
      return inside(name, [wrong(unknownKey(name, Object.keys(properties)))]);
    });
  },
  minProperties: bound(
    ({ minProperties }, value) => !isObject(value) || Object.keys(value).length >= minProperties,
  ),
  items({ items }, value) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, i) => {
      const schema = Array.isArray(items) ? (items as readonly JsonSchema[])[i] : (items as JsonSchema);
      return schema ? inside(i, schemaProblems(schema, item)) : [];
    });
  },
  additionalItems: () => [], // tuples say their length by minItems and maxItems
  minItems: bound(({ minItems }, value) => !Array.isArray(value) || value.length >= minItems),
  maxItems: bound(({ maxItems }, value) => !Array.isArray(value) || value.length <= maxItems),
  uniqueItems: bound(
    (_, value) =>
      !Array.isArray(value) || new Set(value.map(item => JSON.stringify(item))).size === value.length,
  ),
  minimum: bound(({ minimum }, value) => typeof value !== 'number' || value >= minimum),
  maximum: bound(({ maximum }, value) => typeof value !== 'number' || value <= maximum),
  exclusiveMinimum: bound(
    ({ exclusiveMinimum }, value) => typeof value !== 'number' || value > exclusiveMinimum,
  ),
  exclusiveMaximum: bound(
    ({ exclusiveMaximum }, value) => typeof value !== 'number' || value < exclusiveMaximum,
  ),
  minLength: bound(({ minLength }, value) => typeof value !== 'string' || value.length >= minLength),
  maxLength: bound(({ maxLength }, value) => typeof value !== 'string' || value.length <= maxLength),
  pattern: bound(({ pattern }, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value)),
  description: () => [],
  default: () => [],
};

const keywords = Object.keys(rules) as (keyof typeof rules)[];

/** A rule that is kept or broken by the value as a whole. */
function bound(holds: (schema: Required<JsonSchema>, value: unknown) => boolean): Check {
  return (schema, value) =>
    holds(schema, value) ? [] : [wrong(`expected ${expectation(schema)}, received ${show(value)}`)];
}

/** What is wrong inside of the alternative that is meant; if none can be told to be, what there is to choose from. */
function alternativeProblems(schema: JsonSchema, value: unknown): SchemaProblem[] {
  const alternatives = schema.oneOf!;
  const problems = alternatives.map(each => schemaProblems(each, value));
  if (problems.some(each => each.length === 0)) return [];
  const meant = alternatives.findIndex(each => isMeant(each, value));
  if (meant >= 0) return problems[meant]!;
  const tag = isObject(value) ? tagOf(alternatives) : undefined;
  if (tag === undefined)
    return [wrong(`expected ${listed(alternatives.map(expectation))}, received ${show(value)}`)];
  const tags = alternatives.map(({ properties }) => properties?.[tag]?.const);
  const tagged: JsonSchema = { type: 'object', required: [tag], properties: { [tag]: { enum: tags } } };
  return schemaProblems(tagged, value);
}

/** Whether a value has the constants of an alternative, or at least its type where that has no constants. */
function isMeant(schema: JsonSchema, value: unknown): boolean {
  if (schema.const !== undefined || schema.enum) return false;
  if (schema.type === undefined || !isOfType(schema.type, value)) return false;
  const constants = Object.entries(schema.properties ?? {}).filter(
    ([, property]) => property.const !== undefined && property.default === undefined,
  );
  return constants.every(([name, property]) => own(value, name) && same(property.const, value[name]));
}

/** The key whose constants tell alternatives apart. */
function tagOf(alternatives: readonly JsonSchema[]): string | undefined {
  const [first, ...others] = alternatives.map(({ properties = {} }) =>
    Object.keys(properties).filter(name => properties[name]!.const !== undefined),
  );
  return first?.find(name => others.every(names => names.includes(name)));
}

function isOfType(type: NonNullable<JsonSchema['type']>, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

/** What a schema asks for, in words. */
function expectation(schema: JsonSchema): string {
  if (schema.const !== undefined) return show(schema.const);
  if (schema.enum) return listed(schema.enum.map(show));
  if (schema.oneOf) return listed(schema.oneOf.map(expectation));
  const { minItems, maxItems } = schema;
  const bounds = [
    schema.minimum !== undefined && `at least ${schema.minimum}`,
    schema.maximum !== undefined && `at most ${schema.maximum}`,
    schema.exclusiveMinimum !== undefined && `greater than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum !== undefined && `less than ${schema.exclusiveMaximum}`,
    minItems !== undefined && minItems === maxItems && `${minItems} items`,
    minItems !== undefined &&
      maxItems !== undefined &&
      minItems < maxItems &&
      `${minItems} to ${maxItems} items`,
    minItems !== undefined && maxItems === undefined && `${minItems} or more items`,
    minItems === undefined && maxItems !== undefined && `at most ${maxItems} items`,
    (schema.minLength !== undefined || schema.minProperties !== undefined) && 'not empty',
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
    schema.pattern !== undefined && `matching ${schema.pattern}`,
    schema.uniqueItems && 'without repeats',
  ].filter(Boolean);
  return [schema.type ?? 'another value', ...bounds].join(', ');
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const guess = didYouMean(key, allowed);
  const few = allowed.length > 0 && (allowed.length <= 10 || !guess);
  return sentences(`unknown key "${key}".`, guess, few ? `Expected one of: ${allowed.join(', ')}.` : '');
}

function sentences(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ');
}

function described(schema: JsonSchema | undefined): string {
  return schema?.description ? `: ${schema.description}` : '';
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function wrong(message: string): SchemaProblem {
  return { path: [], message };
}

function inside(step: string | number, problems: readonly SchemaProblem[]): SchemaProblem[] {
  return problems.map(({ path, message }) => ({ path: [step, ...path], message }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: unknown, name: string): value is Record<string, unknown> {
  return isObject(value) && Object.hasOwn(value, name);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
