import type { JsonSchema } from '../../ml/schema.ts';
import { own } from '../own.ts';

/** A value with every field that a schema has a default for. The value is valid apart from what is absent. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) return eachItem(schema, value, withDefaults);
  const properties = propertiesFor(schema, value);
  if (!properties) return value;
  const given = value as Record<string, unknown>;
  const filled: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (Object.hasOwn(given, name)) filled[name] = withDefaults(property, given[name]);
    else if (property.default !== undefined)
      filled[name] = withDefaults(property, structuredClone(property.default));
  }
  // What the schema does not know is left for its check to find.
  const unknown = Object.entries(given).filter(([name]) => !Object.hasOwn(properties, name));
  return { ...filled, ...Object.fromEntries(unknown) };
}

/** A value without the fields that are at their default: a field that is added with a default changes nothing here. */
export function withoutDefaults(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) return eachItem(schema, value, withoutDefaults);
  const properties = propertiesFor(schema, value);
  if (!properties) return value;
  const entries = Object.entries(value as object).flatMap(([name, inner]) => {
    const property = own(properties, name);
    if (isDefault(property, inner)) return [];
    return [[name, property ? withoutDefaults(property, inner) : inner]];
  });
  return Object.fromEntries(entries);
}

/** The schema of every dotted path that can be set in a value, the whole of an object and its inside alike. */
export function settablePaths(schema: JsonSchema, prefix = ''): Map<string, JsonSchema> {
  const paths = new Map<string, JsonSchema>();
  for (const alternative of schema.oneOf ?? [schema]) {
    for (const [name, property] of Object.entries(alternative.properties ?? {})) {
      if (property.const !== undefined) continue; // it tells alternatives apart: one sets the whole
      const path = `${prefix}${name}`;
      paths.set(path, property);
      for (const [inner, found] of settablePaths(property, `${path}.`)) paths.set(inner, found);
    }
  }
  return paths;
}

/**
 * The properties of the object that a value is; of several alternatives those of the one whose constants it has, and where that
 * does not tell them apart, of the one that knows all its fields.
 */
function propertiesFor(schema: JsonSchema, value: unknown): Readonly<Record<string, JsonSchema>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = value as Record<string, unknown>;
  const possible = (schema.oneOf ?? [schema]).flatMap(({ properties }) => {
    const isMeant = Object.entries(properties ?? {}).every(
      ([name, { const: only }]) => only === undefined || (given[name] ?? only) === only,
    );
    return properties && isMeant ? [properties] : [];
  });
  const names = Object.keys(given);
  return possible.find(properties => names.every(name => Object.hasOwn(properties, name))) ?? possible[0];
}

function eachItem(
  { oneOf, items }: JsonSchema,
  value: readonly unknown[],
  change: (schema: JsonSchema, item: unknown) => unknown,
): unknown[] {
  const schemas = items ?? oneOf?.find(alternative => alternative.items)?.items ?? {};
  const of = (i: number) => (Array.isArray(schemas) ? (schemas as readonly JsonSchema[])[i] : schemas);
  return value.map((item, i) => change((of(i) ?? {}) as JsonSchema, item));
}

function isDefault(property: JsonSchema | undefined, value: unknown): boolean {
  if (property?.default === undefined) return false;
  if (typeof value !== 'object') return value === property.default;
  return sorted(withDefaults(property, property.default)) === sorted(withDefaults(property, value));
}

/** JSON that does not depend on the order of keys. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
