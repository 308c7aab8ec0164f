import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, systemProblem } from '../../ml/data/system.ts';
import { fromCheckout, root } from '../checkout.ts';
import { UserError } from '../errors.ts';
import { taskIds, taskOf } from '../tasks/registry.ts';
import { keep, keyOf, recall } from './files/cache.ts';
import type { ParsedText, Path, Place } from './files/problems.ts';
import type { Files } from './schemas/index.ts';

/** A file that its schema accepts, with its defaults filled in. */
export interface Source<T = unknown> {
  /** Relative to the repository root when inside it; used in messages. */
  file: string;
  data: T;
  locate(path: Path): Promise<Place>;
}

/** How files are read. */
export interface ReadOptions {
  /** Files are checked again even when they were found valid before, and JSON for what `JSON.parse` lets pass. */
  fresh: boolean;
  /** The command that checks the experiment: what to run after a correction. */
  check: string;
}

/**
 * Reads a file of an experiment and checks it against the schema of its kind. Mistakes are a `UserError` with their
 * places. That a text is valid is kept in the cache folder with what YAML is parsed to, because loading the parser and
 * the schemas takes longer than all else; what a JSON file says is always read from the file itself.
 */
export async function readSource<K extends keyof Files>(
  path: string,
  kind: K,
  { fresh, check }: ReadOptions,
): Promise<Source<Files[K]>> {
  const file = fromCheckout(path);
  const isJson = path.endsWith('.json');
  const text = readText(path, file, isJson ? largest.json : largest.yaml, check);
  let parsed: Promise<ParsedText> | undefined;
  const locate = async (at: Path) => {
    parsed ??= import('./files/checked.ts').then(({ parse }) => parse(text, file));
    return (await parsed).locate(at);
  };
  const schema = schemaText(kind);
  const key = schema === null ? null : keyOf(schema, text);
  const known = fresh || key === null ? undefined : recall(key);
  if (known && (isJson || known.data !== undefined))
    return { file, data: (isJson ? JSON.parse(text) : known.data) as Files[K], locate };
  const { checkedData } = await import('./files/checked.ts');
  const data = await checkedData(text, kind, { file, strict: fresh, check });
  if (key !== null) keep(key, isJson ? {} : { data });
  return { file, data, locate };
}

/** The committed schemas of files of a kind; a protocol has that of its task. A test compares them with ours. */
export function schemaFiles(kind: keyof Files): string[] {
  const names = kind === 'protocol' ? taskIds.map(id => `protocol.${id}`) : [kind];
  return names.map(name => join(root, 'experiments', `${name}.schema.json`));
}

/** Bytes of a file. YAML takes seconds for what JSON takes milliseconds for. */
const largest = { json: 4 * 2 ** 20, yaml: 2 ** 18 };

/** What a file of a kind was checked against; null when the committed schema is not there: then every file is checked. */
function schemaText(kind: keyof Files): string | null {
  try {
    const committed = schemaFiles(kind).map(file => readFileSync(file, 'utf8'));
    // The specs of protocols are filled in with the defaults of the task as it is now.
    const specs = kind === 'protocol' ? taskIds.map(id => JSON.stringify(taskOf(id).schemas.train)) : [];
    return [...committed, ...specs].join('\0');
  } catch {
    return null;
  }
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
    const problem = systemProblem(error, path);
    if (problem === null) throw error;
    const absent = isAbsent(error, path);
    throw new UserError(absent ? `${file} is not there` : `${file}: cannot be read, ${problem.reason}`, {
      fix: absent ? fix : problem.fix,
      cause: error,
    });
  }
}
