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
  try {
    return write(value);
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    const at = error.path.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    throw new TypeError(`value${at} has no canonical JSON: ${error.message}`);
  }
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

/** By kind, task and spec: all seeds of a network have one. */
const specTexts = new Map<string, string>();

function specText({ kind, task, spec }: JobIdentity): string {
  const id = `${kind} ${task} ${JSON.stringify(spec)}`;
  const text = specTexts.get(id) ?? canonicalJson(withoutDefaults(taskOf(task).schemas[kind], spec));
  specTexts.set(id, text);
  return text;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What JSON would drop or change; `path`: the steps to it, found on the way out. */
class NotCanonical extends Error {
  readonly path: (string | number)[] = [];
}

function write(value: unknown): string {
  if (typeof value === 'string') return writeText(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value === 0 ? 0 : value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return writeArray(value);
  if (isPlainObject(value)) return writeObject(value);
  throw new NotCanonical(describe(value));
}

function writeArray(items: readonly unknown[]): string {
  let text = '[';
  let i = 0;
  try {
    for (; i < items.length; i++) text += (i > 0 ? ',' : '') + write(items[i]);
  } catch (error) {
    throw placed(error, i);
  }
  return `${text}]`;
}

function writeObject(value: Readonly<Record<string, unknown>>): string {
  let text = '{';
  let inside: string | null = null;
  try {
    for (const key of Object.keys(value).sort()) {
      inside = null;
      text += `${(text === '{' ? '' : ',') + writeText(key)}:`;
      inside = key;
      text += write(value[key]);
    }
  } catch (error) {
    throw inside === null ? error : placed(error, inside);
  }
  return `${text}}`;
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw new NotCanonical('half of a surrogate pair');
  return JSON.stringify(text);
}

function placed(error: unknown, step: string | number): unknown {
  if (error instanceof NotCanonical) error.path.unshift(step);
  return error;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' ? `an instance of ${value?.constructor.name}` : String(value);
}
