import fc from 'fast-check';
import type { JsonSchema } from '../../ml/schema.ts';

/** Values that a schema accepts, those at defaults and those without them among the rest. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const values = bare(schema);
  return schema.default === undefined ? values : fc.oneof(values, fc.constant(schema.default));
}

function bare(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.oneOf) return fc.oneof(...schema.oneOf.map(valuesOf));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.string();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 });
    case 'number':
      return fc.double({
        min: schema.minimum ?? schema.exclusiveMinimum ?? 0,
        max: schema.maximum ?? schema.exclusiveMaximum ?? 1000,
        minExcluded: schema.exclusiveMinimum !== undefined,
        maxExcluded: schema.exclusiveMaximum !== undefined,
        noNaN: true,
      });
    case 'array': {
      const { items = {}, minItems: minLength = 0, maxItems = 5 } = schema;
      if (Array.isArray(items)) return fc.tuple(...(items as readonly JsonSchema[]).map(valuesOf));
      const each = valuesOf(items as JsonSchema);
      const length = { minLength, maxLength: Math.max(minLength, Math.min(5, maxItems)) };
      return schema.uniqueItems ? fc.uniqueArray(each, length) : fc.array(each, length);
    }
    default: {
      const { properties = {}, required = [] } = schema;
      const fields: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, valuesOf(property)]),
      );
      return fc.record(fields, { requiredKeys: constantsOr(required, properties) });
    }
  }
}

/** Required keys, and the constants that tell alternatives apart even where they are not required. */
function constantsOr(
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): string[] {
  const tags = Object.keys(properties).filter(
    name => properties[name]!.const !== undefined && properties[name]!.default === undefined,
  );
  return [...new Set([...required, ...tags])];
}
