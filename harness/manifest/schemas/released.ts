import type { JsonSchema } from '../../../ml/schema.ts';
import { releasedSchema } from '../../tasks/weights.ts';
import { label } from './common.ts';

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
