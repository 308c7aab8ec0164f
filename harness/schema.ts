import type { JsonSchema } from '../ml/schema.ts';
import { didYouMean } from './nearest.ts';
import { quoted } from './text.ts';

/** Where a value is wrong, from the top of what was checked, and what was expected there. */
export interface SchemaProblem {
  path: readonly (string | number)[];
  message: string;
}

/** Checks a value against a schema; an empty list: valid. Fields with a default may be absent. At most 100 are told. */
export function schemaProblems(schema: JsonSchema, value: unknown): SchemaProblem[] {
  const found = check(schema, value).slice(0, 100);
  const problems = found.map(({ path, message }) => ({ path, message: message() }));
  // A value outside of its bounds breaks several rules, which all say the same.
  return [...new Map(problems.map(problem => [JSON.stringify(problem), problem])).values()];
}

/** A text as the JSON value of a schema that it should be. `name`: of the whole value; `refuse`: makes the error of why it is not. */
export function parsedAs<T>(
  schema: JsonSchema,
  text: string,
  name: string,
  refuse: (why: string) => Error,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is half-written or was edited: ${quoted((error as Error).message)}`);
  }
  const [problem] = schemaProblems(schema, value);
  if (problem) throw refuse(`${[name, ...problem.path].join('.')}: ${problem.message}`);
  return value as T;
}

/** The schema of an object with these properties and no others. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter(name => !optional.includes(name));
  return { type: 'object', required, additionalProperties: false, properties };
}

/** The schema of an object with values of one kind under any names. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values };
}

/** The schema of what may also be null. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { oneOf: [{ type: 'null' }, schema] };
}

/** A problem whose words are found when it is told: alternatives are tried, and most of what they say is not needed. */
interface Found {
  path: readonly (string | number)[];
  message: () => string;
}

type Check = (schema: Required<JsonSchema>, value: unknown) => Found[];

const none: Found[] = [];

function check(schema: JsonSchema, value: unknown): Found[] {
  if (schema.oneOf) return alternativeProblems(schema.oneOf, value);
  if (schema.type !== undefined && !isOfType(schema.type, value)) return unexpected(schema, value);
  const problems: Found[] = [];
  for (const keyword in schema) {
    if (keyword === 'type') continue;
    const broken = rules[keyword as keyof typeof rules](schema as Required<JsonSchema>, value);
    for (const each of broken) problems.push(each);
  }
  return problems;
}

/** One rule for each keyword; `type` and `oneOf` come before all others. */
const rules: { readonly [K in Exclude<keyof JsonSchema, 'type' | 'oneOf'>]: Check } = {
  const: bound(({ const: only }, value) => same(only, value)),
  enum(schema, value) {
    if (schema.enum.some(each => same(each, value))) return none;
    return wrong(() => {
      const expected = `expected ${expectation(schema)}, received ${show(value)}`;
      const near = typeof value === 'string' ? didYouMean(value, schema.enum.map(String)) : '';
      return near ? `${expected}. ${near}` : expected;
    });
  },
  properties({ properties }, value) {
    if (!isObject(value)) return none;
    return inside(value, name => (Object.hasOwn(properties, name) ? properties[name] : undefined));
  },
  required({ required, properties = {} }, value) {
    if (!isObject(value)) return none;
    const missing = required.filter(name => !Object.hasOwn(value, name));
    if (missing.length === 0) return none;
    return missing.flatMap(name => wrong(() => `missing key ${quoted(name)}${described(properties[name])}`));
  },
  additionalProperties({ additionalProperties, properties = {} }, value) {
    if (additionalProperties === true || !isObject(value)) return none;
    if (additionalProperties !== false)
      return inside(value, name => (Object.hasOwn(properties, name) ? undefined : additionalProperties));
    const unknown = Object.keys(value).filter(name => !Object.hasOwn(properties, name));
    // What was meant is looked for among all keys that are allowed: not for thousands of unknown ones.
    return unknown.slice(0, 20).map(name => ({
      path: [name],
      message: () => unknownKey(name, Object.keys(properties)),
    }));
  },
  minProperties: bound(
    ({ minProperties }, value) => !isObject(value) || Object.keys(value).length >= minProperties,
  ),
  items({ items }, value) {
    if (!Array.isArray(value)) return none;
    const problems: Found[] = [];
    for (let i = 0; i < value.length; i++) {
      const schema = Array.isArray(items) ? (items as readonly JsonSchema[])[i] : (items as JsonSchema);
      if (schema) place(i, check(schema, value[i]), problems);
    }
    return problems;
  },
  additionalItems: () => none, // tuples say their length by minItems and maxItems
  minItems: bound(({ minItems }, value) => !Array.isArray(value) || value.length >= minItems),
  maxItems: bound(({ maxItems }, value) => !Array.isArray(value) || value.length <= maxItems),
  uniqueItems: bound(
    ({ uniqueItems }, value) =>
      !uniqueItems || !Array.isArray(value) || new Set(value.map(canonical)).size === value.length,
  ),
  minimum: bound(({ minimum }, value) => typeof value !== 'number' || value >= minimum),
  maximum: bound(({ maximum }, value) => typeof value !== 'number' || value <= maximum),
  exclusiveMinimum: bound(
    ({ exclusiveMinimum }, value) => typeof value !== 'number' || value > exclusiveMinimum,
  ),
  exclusiveMaximum: bound(
    ({ exclusiveMaximum }, value) => typeof value !== 'number' || value < exclusiveMaximum,
  ),
  minLength: bound(({ minLength }, value) => typeof value !== 'string' || characters(value) >= minLength),
  maxLength: bound(
    ({ maxLength }, value) =>
      typeof value !== 'string' || value.length <= maxLength || characters(value) <= maxLength,
  ),
  pattern: bound(({ pattern }, value) => typeof value !== 'string' || expression(pattern).test(value)),
  description: () => none,
  default: () => none,
};

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(pattern, 'u');
  expressions.set(pattern, known);
  return known;
}

/** A rule that is kept or broken by the value as a whole. */
function bound(holds: (schema: Required<JsonSchema>, value: unknown) => boolean): Check {
  return (schema, value) => (holds(schema, value) ? none : unexpected(schema, value));
}

/** The problems of the properties that a schema is given for. */
function inside(value: Record<string, unknown>, schemaOf: (name: string) => JsonSchema | undefined): Found[] {
  const problems: Found[] = [];
  for (const name of Object.keys(value)) {
    const schema = schemaOf(name);
    if (schema) place(name, check(schema, value[name]), problems);
  }
  return problems;
}

function place(step: string | number, found: readonly Found[], problems: Found[]): void {
  for (const { path, message } of found) problems.push({ path: [step, ...path], message });
}

/** What is wrong inside of the alternative that is meant or fits best; where none can be told, what there is to choose from. */
function alternativeProblems(alternatives: readonly JsonSchema[], value: unknown): Found[] {
  const likely: { alternative: JsonSchema; problems: Found[] }[] = [];
  for (const alternative of alternatives) {
    const problems = check(alternative, value);
    if (problems.length === 0) return none;
    const { type, enum: choice } = alternative;
    if (type !== undefined && !choice && isOfType(type, value)) likely.push({ alternative, problems });
  }
  if (likely.length === 0) return unexpected({ oneOf: alternatives }, value);
  const tag = isObject(value) ? tagOf(likely.map(({ alternative }) => alternative)) : undefined;
  if (tag === undefined)
    return likely.reduce((a, b) => (b.problems.length < a.problems.length ? b : a)).problems;
  const tags = likely.map(({ alternative }) => alternative.properties![tag]!);
  const given = own(value, tag) ? value[tag] : tags.find(each => each.default !== undefined)?.default;
  const meant = likely.find((_, i) => same(tags[i]!.const, given));
  if (meant) return meant.problems;
  return check({ required: [tag], properties: { [tag]: { enum: tags.map(each => each.const) } } }, value);
}

/** The key whose constants tell several alternatives apart. */
function tagOf([first, ...others]: readonly JsonSchema[]): string | undefined {
  const constants = ({ properties = {} }: JsonSchema) =>
    Object.keys(properties).filter(name => properties[name]!.const !== undefined);
  if (others.length === 0) return undefined;
  return constants(first!).find(name => others.every(other => constants(other).includes(name)));
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
  if (schema.oneOf) return listed([...new Set(schema.oneOf.map(expectation))]);
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
  return sentences(
    `unknown key ${quoted(key)}.`,
    guess,
    few ? `Expected one of: ${allowed.join(', ')}.` : '',
  );
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
  if (typeof value === 'number') return String(value);
  const text = quoted(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function unexpected(schema: JsonSchema, value: unknown): Found[] {
  return wrong(() => `expected ${expectation(schema)}, received ${show(value)}`);
}

function wrong(message: () => string): Found[] {
  return [{ path: [], message }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: unknown, name: string): value is Record<string, unknown> {
  return isObject(value) && Object.hasOwn(value, name);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (isCompound(a) && isCompound(b) && canonical(a) === canonical(b));
}

function isCompound(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Equal texts for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** As JSON Schema counts them: code points. */
function characters(text: string): number {
  return [...text].length;
}
