import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitCodes } from '../ml/errors.ts';
import { type Backend, BackendError } from './contract.ts';

/** Whether a word that should name a backend is the path of a file. */
export function isBackendFile(word: string): boolean {
  return /\.(ts|m?js)$/.test(word);
}

/**
 * The backend that a user's file exports, as its default or as `backend`, checked against the contract. `taken`: ids that
 * are others'.
 */
export async function loadBackend(file: string, taken: readonly string[]): Promise<Backend> {
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw mistake(`There is no file ${file}.`, 'the path of a file that exports a backend');
  const found = await import(pathToFileURL(file).href).catch((error: unknown) => {
    const [reason] = String(error).split('\n');
    throw mistake(`${file} cannot be loaded: ${reason}`, `correct ${basename(file)}`, error);
  });
  const backend: unknown = found.default ?? found.backend;
  const problem = problemOf(backend, taken);
  if (problem === undefined) return backend as Backend;
  throw mistake(
    `${file}: ${problem}`,
    'export default { id, numerics, capabilities, probe, open }, a Backend of backends/contract.ts',
  );
}

/** What the runs of a user's backend go by: its id, and the beginning of the digest of its source. */
export function ownName({ id }: Backend, file: string): string {
  const hash = createHash('sha256');
  for (const each of sourcesOf(file))
    hash.update(`${relative(dirname(file), each)}\0`).update(readFileSync(each));
  return `${id}@${hash.digest('hex').slice(0, 12)}`;
}

/** A file and those that it imports by relative paths, directly or not, each once. */
function sourcesOf(file: string, seen: string[] = []): string[] {
  if (seen.includes(file)) return seen;
  seen.push(file);
  const imports = readFileSync(file, 'utf8').matchAll(
    /\b(?:from|import\(?)\s*(['"])(\.[^'"]+\.(?:ts|m?js))\1/g,
  );
  for (const [, , path] of imports) sourcesOf(join(dirname(file), path!), seen);
  return seen;
}

function mistake(message: string, fix: string, cause?: unknown): BackendError {
  return new BackendError(message, { fix, exitCode: exitCodes.usage, cause });
}

/** What keeps a value from being a `Backend`. */
function problemOf(value: unknown, taken: readonly string[]): string | undefined {
  if (value === undefined) return 'it exports no backend; expected a default export, or one called backend';
  if (typeof value !== 'object' || value === null)
    return `its backend is ${describe(value)}; expected an object`;
  const { id, numerics, capabilities, probe, open, runGraph } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !/^[a-z][a-z0-9-]{0,40}$/.test(id))
    return `id is ${describe(id)}; expected a name of lower-case letters, digits and hyphens`;
  if (taken.includes(id)) return `id is "${id}", which is the name of a backend that comes with Residuals`;
  if (!Number.isSafeInteger(numerics) || (numerics as number) < 1)
    return `numerics is ${describe(numerics)}; expected a whole number of at least 1`;
  for (const name of ['devices', 'variants'] as const) {
    const list = (capabilities as Record<string, unknown> | undefined | null)?.[name];
    if (!Array.isArray(list) || list.length === 0 || list.some(each => typeof each !== 'string'))
      return `capabilities.${name} is ${describe(list)}; expected a list of names`;
  }
  for (const [name, each] of Object.entries({ probe, open }))
    if (typeof each !== 'function') return `${name} is ${describe(each)}; expected a function`;
  if (runGraph !== undefined && typeof runGraph !== 'function')
    return `runGraph is ${describe(runGraph)}; expected a function, or nothing`;
  return undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `${value === null ? '' : `the ${typeof value} `}${text.slice(0, 60)}`;
}
