import type { FromSchema, JSONSchema } from 'json-schema-to-ts';

/** Part of a JSON Schema (draft 7). Specifications are written once, as a schema; types, checks and editors follow from it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly additionalItems?: boolean;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
}

/** The type of the values that a schema accepts; nothing of it can be changed. Fields with a default are there. */
export type Spec<S extends JSONSchema> = Immutable<FromSchema<S>>;

type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;
