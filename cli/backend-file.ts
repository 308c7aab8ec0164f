import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend } from '../backends/contract.ts';
import { backends, isBackendId } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted } from '../harness/text.ts';
import { isAbsent, systemProblem } from '../ml/data/system.ts';
import { userPath } from './options.ts';

/** A registered backend by its name, or one of the user's own by the path of its file. */
export async function findBackend(word: string): Promise<Backend> {
  if (isBackendId(word)) return backends[word]();
  if (/\.(ts|m?js)$/.test(word)) return loadBackend(userPath(word));
  const names = Object.keys(backends);
  const guess = didYouMean(word, names);
  throw new UserError(
    `${quoted(word)} is not a backend; expected ${names.join(', ')}, or the path of a file (.ts, .mjs, .js) that exports one. ${guess}`.trim(),
    { fix: `npm run conformance -- ${names[0]}` },
  );
}

/** The backend that a file exports, as its default or as `backend`, checked against the contract. */
async function loadBackend(file: string): Promise<Backend> {
  await expectFile(file);
  const found = await import(pathToFileURL(file).href).catch((error: unknown) => {
    const [reason] = String(error).split('\n');
    throw new UserError(`${file} cannot be loaded: ${reason}`, {
      fix: `correct ${basename(file)}`,
      cause: error,
    });
  });
  const backend: unknown = found.default ?? found.backend;
  const problem = problemOf(backend);
  if (problem === undefined) return backend as Backend;
  throw new UserError(`${file}: ${problem}`, {
    fix: 'export default { id, numerics, capabilities, probe, open }, a Backend of backends/contract.ts',
  });
}

async function expectFile(file: string): Promise<void> {
  const fix = 'name the path of a file that exports a backend';
  const found = await stat(file).catch((error: unknown) => {
    const problem = isAbsent(error, file) ? null : systemProblem(error, file);
    const message = problem ? `${file} cannot be read, ${problem.reason}.` : `There is no file ${file}.`;
    throw new UserError(message, { fix: problem?.fix ?? fix, cause: error });
  });
  if (!found.isFile()) throw new UserError(`${file} is not a file.`, { fix });
}

/** What keeps a value from being a `Backend`. */
function problemOf(value: unknown): string | undefined {
  if (value === undefined) return 'it exports no backend; expected a default export, or one called backend';
  if (typeof value !== 'object' || value === null)
    return `its backend is ${describe(value)}; expected an object`;
  const { id, numerics, capabilities, probe, open, runGraph } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !/^[a-z][a-z0-9-]{0,40}$/.test(id))
    return `id is ${describe(id)}; expected a name of lower-case letters, digits and hyphens`;
  if (isBackendId(id)) return `id is "${id}", which is the name of a backend that comes with Residuals`;
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
