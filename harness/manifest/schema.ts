import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { didYouMean } from '../nearest.ts';
import type { Path } from './yaml.ts';

/** Checks data against a JSON Schema, given as text. An empty list: valid. */
export async function schemaProblems(
  schema: string,
  data: unknown,
): Promise<{ path: Path; message: string }[]> {
  const validate = await validatorOf(schema);
  if (validate(data)) return [];
  const seen = new Set<string>();
  return withoutEchoes(validate.errors ?? [])
    .map(error => ({ path: pathOf(error), message: messageOf(error), ofKeys: isOfKeys(error) }))
    .filter(({ path, message, ofKeys }) => {
      const key = JSON.stringify([path, ofKeys && message]);
      return !seen.has(key) && seen.add(key);
    });
}

const validators = new Map<string, ValidateFunction>();

async function validatorOf(schema: string): Promise<ValidateFunction> {
  const { Ajv } = await import('ajv');
  const validate =
    validators.get(schema) ?? new Ajv({ allErrors: true, verbose: true }).compile(JSON.parse(schema));
  validators.set(schema, validate);
  return validate;
}

/** Of a failed choice (oneOf, anyOf) either the choice is reported, or what is wrong inside the value: not both. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const wrapped = errors.filter(
    ({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined,
  );
  const choices = new Set(wrapped.filter(isChoice).map(error => error.instancePath));
  const inside = (path: string) =>
    wrapped.some(e => e.instancePath.startsWith(`${path}/`) || (e.instancePath === path && isOfKeys(e)));
  return wrapped.filter(error => {
    if (!choices.has(error.instancePath)) return true;
    return inside(error.instancePath) ? isOfKeys(error) : isChoice(error);
  });
}

const isChoice = ({ keyword }: ErrorObject) => keyword === 'oneOf' || keyword === 'anyOf';
const isOfKeys = ({ keyword }: ErrorObject) => keyword === 'required' || keyword === 'additionalProperties';

function pathOf({ instancePath, keyword, params }: ErrorObject): Path {
  const steps = instancePath
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (keyword === 'additionalProperties') return [...steps, params.additionalProperty];
  if (keyword === 'propertyNames') return [...steps, params.propertyName];
  return steps;
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, parentSchema: schema = {}, data } = error;
  const received = `received ${show(data)}`;
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(params.additionalProperty, Object.keys(schema.properties ?? {}));
    case 'propertyNames':
      return unknownKey(params.propertyName, schema.propertyNames?.enum ?? []);
    case 'required':
      return `missing key "${params.missingProperty}"${describedAs(schema.properties?.[params.missingProperty])}`;
    case 'type':
      return `expected ${schema.type}, ${received}`;
    case 'enum':
      return sentences(
        `expected ${listed(params.allowedValues.map(show))}, ${received}.`,
        didYouMean(String(data), params.allowedValues.map(String)),
      );
    case 'oneOf':
    case 'anyOf':
      return `expected ${listed((schema[keyword] as AnySchemaObject[]).map(expectation))}, ${received}`;
    default:
      return `expected ${expectation(schema)}, ${received}`;
  }
}

function unknownKey(key: string, allowed: readonly string[]): string {
  const guess = didYouMean(key, allowed);
  const few = allowed.length > 0 && (allowed.length <= 10 || !guess);
  return sentences(`unknown key "${key}".`, guess, few ? `Expected one of: ${allowed.join(', ')}.` : '');
}

function sentences(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ');
}

/** What a schema asks for, in words. */
function expectation(schema: AnySchemaObject): string {
  if (schema.$ref) return `a ${schema.$ref.split('/').at(-1)}`;
  if ('const' in schema) return show(schema.const);
  if (schema.enum) return listed(schema.enum.map(show));
  const bounds = [
    schema.minimum !== undefined && `at least ${schema.minimum}`,
    schema.maximum !== undefined && `at most ${schema.maximum}`,
    schema.exclusiveMinimum !== undefined && `greater than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum !== undefined && `less than ${schema.exclusiveMaximum}`,
    schema.minItems !== undefined && schema.maxItems === schema.minItems && `${schema.minItems} items`,
    schema.minItems < schema.maxItems && `${schema.minItems} to ${schema.maxItems} items`,
    schema.minItems !== undefined && schema.maxItems === undefined && `${schema.minItems} or more items`,
    schema.minLength !== undefined && 'not empty',
    schema.minProperties !== undefined && 'not empty',
    schema.pattern !== undefined && `matching ${schema.pattern}`,
    schema.uniqueItems && 'without repeats',
  ].filter(Boolean);
  return [schema.type ?? 'another value', ...bounds].join(', ');
}

function describedAs(schema: AnySchemaObject | undefined): string {
  return schema?.description ? `: ${schema.description}` : '';
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
