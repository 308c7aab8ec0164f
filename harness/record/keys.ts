import { createHash } from 'node:crypto';
import { taskOf } from '../tasks/registry.ts';
import { withoutDefaults } from '../tasks/schema.ts';
import type { JobIdentity } from './types.ts';

/**
 * Canonical JSON by RFC 8785 (JCS): keys in code unit order, no white space, numbers as ECMAScript writes them. Equal
 * values, equal text, in any language. Throws a `TypeError` for what JSON would drop or change (undefined, NaN,
 * infinities, functions, class instances) and for text that is no Unicode.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

/** SHA-256, in hex, of the canonical JSON of a value. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

/**
 * The key of a job: the digest of its identity without the fields of the spec that are at their defaults, so that a field
 * that is added with a default changes no key.
 */
export function jobKey(identity: JobIdentity): string {
  const entries = Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = entries.map(([name, value]) => {
    const text = name === 'spec' ? specText(identity) : canonicalJson(value);
    return `${JSON.stringify(name)}:${text}`;
  });
  return sha256(`{${texts.join(',')}}`);
}

/** By spec: a network has one for all its seeds, and a plan asks for the key of each. */
const specTexts = new WeakMap<object, string>();

function specText({ kind, task, spec }: JobIdentity): string {
  const known = specTexts.get(spec);
  if (known !== undefined) return known;
  const text = canonicalJson(withoutDefaults(taskOf(task).schemas[kind], spec));
  specTexts.set(spec, text);
  return text;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `path`: the steps to `value`, for messages; what is below is pushed and popped, because joining each takes time. */
function write(value: unknown, path: (string | number)[]): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'string') return writeText(value, path);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  const below = (step: string | number, item: unknown) => {
    path.push(step);
    const text = write(item, path);
    path.pop();
    return text;
  };
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => below(i, item)).join(',')}]`;
  if (!isPlainObject(value)) throw notCanonical(path, describe(value));
  const entries = Object.keys(value).sort();
  return `{${entries.map(key => `${writeText(key, path)}:${below(key, value[key])}`).join(',')}}`;
}

function writeText(text: string, path: (string | number)[]): string {
  if (!text.isWellFormed()) throw notCanonical(path, 'half of a surrogate pair');
  return JSON.stringify(text);
}

function notCanonical(path: (string | number)[], what: string): TypeError {
  const at = path.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return new TypeError(`value${at} has no canonical JSON: ${what}`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' ? `an instance of ${value?.constructor.name}` : String(value);
}
