import type { JsonSchema } from '../../ml/schema.ts';
import { unknownName } from '../nearest.ts';
import { own } from '../own.ts';
import type { Released } from '../tasks/task.ts';
import { releasedParts, releasedSchema } from '../tasks/weights.ts';
import type { Path } from './files/problems.ts';
import { label } from './schemas/common.ts';

/** A schema as protocols are written by it: released weights go by their name in paper.yaml, which tells of them. */
export function withNames(schema: JsonSchema): JsonSchema {
  const known = renamed.get(schema) ?? named(schema);
  renamed.set(schema, known);
  return known;
}

/** Of every schema that was asked for: parts that are the same object are written once for editors. */
const renamed = new Map<JsonSchema, JsonSchema>();

function named(schema: JsonSchema): JsonSchema {
  if (schema === releasedSchema) return name;
  const { properties = {}, oneOf = [] } = schema;
  const inner = Object.entries(properties).map(([name, own]) => [name, withNames(own)] as const);
  const alternatives = oneOf.map(withNames);
  const isSame =
    inner.every(([name, own]) => own === properties[name]) &&
    alternatives.every((own, i) => own === oneOf[i]);
  if (isSame) return schema;
  return {
    ...schema,
    ...(schema.properties && { properties: Object.fromEntries(inner) }),
    ...(schema.oneOf && { oneOf: alternatives }),
  };
}

const name = {
  ...label,
  description: 'Weights that others have trained, by their name in paper.yaml.',
} as const satisfies JsonSchema;

/** Settings of a protocol with released weights in full. `fail`: told of a name that paper.yaml does not have, and its place. */
export function withReleased<T>(
  settings: T,
  known: Readonly<Record<string, Released>>,
  fail: (path: Path, message: string) => void,
  path: Path = [],
): T {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return settings;
  const entries = Object.entries(settings).map(([name, value]) => {
    const at = [...path, name];
    if (!/(^|\.)released$/.test(name) || typeof value !== 'string')
      return [name, withReleased(value, known, fail, at)];
    const weights = own(known, value);
    if (!weights) fail(at, unknownName('released weights', value, Object.keys(known)));
    return [name, weights ? told(weights) : value];
  });
  return Object.fromEntries(entries) as T;
}

/** What a spec has of released weights. */
function told(weights: Released): object {
  const parts = Object.keys(releasedParts) as (keyof Released)[];
  return Object.fromEntries(parts.map(part => [part, weights[part]]));
}
