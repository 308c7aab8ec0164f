import { createHash } from 'node:crypto';
import type { EvaluationIdentity } from './evaluations.ts';
import type { RunIdentity } from './types.ts';

/**
 * JSON with the keys of every object in code unit order and without white space: equal values, equal text.
 * Numbers are written as JavaScript's JSON writes them, the shortest form that reads back the same. Throws a
 * `TypeError` for what JSON would drop or change: undefined, NaN, infinities, functions, class instances.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 'value');
}

/** The key of a run or an evaluation: SHA-256, in hex, of the canonical JSON of everything that can change its result. */
export function runKey(identity: RunIdentity | EvaluationIdentity): string {
  return createHash('sha256').update(canonicalJson(identity)).digest('hex');
}

function write(value: unknown, at: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value))
    return `[${Array.from(value, (item, i) => write(item, `${at}[${i}]`)).join(',')}]`;
  if (!isPlainObject(value)) throw new TypeError(`${at} has no canonical JSON: ${describe(value)}`);
  const entries = Object.keys(value).sort();
  return `{${entries.map(key => `${JSON.stringify(key)}:${write(value[key], `${at}.${key}`)}`).join(',')}}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' ? `an instance of ${value?.constructor.name}` : String(value);
}
