import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { schemaProblems } from '../schema.ts';
import { withDefaults } from '../tasks/schema.ts';
import { keepParsed, parsedBefore } from './cache.ts';
import { checkDuplicates, parseJson } from './json.ts';
import { lineProblems } from './lines.ts';
import type { ParsedText, Path, Place } from './place.ts';
import { Problems } from './problems.ts';
import { type Files, schemas } from './schemas/index.ts';

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A file that its schema accepts, with its defaults filled in. */
export interface Source<T = unknown> {
  /** Relative to the repository root when inside it; used in messages. */
  file: string;
  data: T;
  locate(path: Path): Promise<Place>;
}

/** How files are read. */
export interface ReadOptions {
  /** YAML is parsed again, and JSON is looked through for what `JSON.parse` lets pass. */
  fresh: boolean;
  /** The command that checks the experiment: what to run after a correction. */
  check: string;
}

/**
 * Reads a file of an experiment and checks it against the schema of its kind. Mistakes are a `UserError` with their
 * places.
 */
export async function readSource<K extends keyof Files>(
  path: string,
  kind: K,
  { fresh, check }: ReadOptions,
): Promise<Source<Files[K]>> {
  const file = shownName(path);
  const problems = new Problems(check);
  const isJson = path.endsWith('.json');
  const text = readText(path, file, isJson ? largest.json : largest.yaml, check);
  const read = isJson ? readJson(text, file, fresh) : readYaml(text, file, fresh);
  const { data, locate } = await read.catch((error: unknown) => problems.throwWith(error));
  const schema = schemas[kind](data);
  for (const { path: at, message } of [...lineProblems(data), ...schemaProblems(schema, data)])
    problems.add({ file, locate }, at, message);
  await problems.throwIfAny();
  return { file, data: withDefaults(schema, data) as Files[K], locate };
}

/** The name of a file in messages: relative to the root of the repository when inside it. */
export function shownName(path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

/** Bytes of a file. YAML takes seconds for what JSON takes milliseconds for. */
const largest = { json: 4 * 2 ** 20, yaml: 2 ** 18 };

async function readJson(
  text: string,
  file: string,
  strict: boolean,
): Promise<Pick<Source, 'data' | 'locate'>> {
  if (strict) checkDuplicates(text, file);
  const { data, locate } = parseJson(text, file);
  return { data, locate: async path => locate(path) };
}

async function readYaml(
  text: string,
  file: string,
  fresh: boolean,
): Promise<Pick<Source, 'data' | 'locate'>> {
  let parsed: ParsedText | undefined;
  const parse = async () => (parsed ??= (await import('./yaml.ts')).parseYaml(text, file));
  const known = fresh ? undefined : parsedBefore(text);
  const data = known ?? (await parse()).data;
  if (known === undefined) keepParsed(text, data);
  return { data, locate: async path => (await parse()).locate(path) };
}

function readText(path: string, file: string, most: number, check: string): string {
  const [allowed, fix] = [`at most ${(most / 2 ** 20).toFixed(2)} MB`, `correct ${file}, then: ${check}`];
  try {
    const status = statSync(path);
    // A pipe or a device would be read without end.
    if (!status.isFile()) throw new UserError(`${file} is not a file, expected one of ${allowed}`, { fix });
    if (status.size > most) {
      const size = `${(status.size / 2 ** 20).toFixed(2)} MB`;
      throw new UserError(`${file}:1:1  the file has ${size}, expected ${allowed}`, { fix });
    }
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${file} cannot be read: ${code}`, { fix, cause: error });
  }
}
