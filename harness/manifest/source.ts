import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../ml/data/cache.ts';
import { UserError } from '../errors.ts';
import { Problems } from './problems.ts';
import { schemaProblems } from './schema.ts';
import { type Path, parseYaml, type Source, type YamlText } from './yaml.ts';

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Schemas under experiments/, by the kind of file that they describe. */
export type SchemaName = 'manifest' | 'protocol' | 'paper' | 'curves';

/**
 * Reads a YAML or JSON file and checks it against its schema. What is once found valid is kept by digest of file and
 * schema in the cache folder, because loading and compiling schemas takes longer than all else; `fresh` checks anew.
 * Mistakes are a `UserError` with their places.
 */
export async function readSource<T>(
  path: string,
  schemaName: SchemaName,
  fresh: boolean,
): Promise<Source<T>> {
  const file = shownName(path);
  const text = readText(path, file);
  const schema = readFileSync(join(root, 'experiments', `${schemaName}.schema.json`), 'utf8');
  let parsed: Promise<YamlText> | undefined;
  const parse = () => (parsed ??= parseYaml(text, file));
  const locate = async (at: Path) => (await parse()).locate(at);
  const cached = join(cacheFolder(), 'manifests', `${digest(schema, text)}.json`);

  const known = fresh ? undefined : readJson(cached);
  if (known !== undefined) return { file, data: known as T, locate };

  const data = path.endsWith('.json') ? await parseJson(text, file) : (await parse()).data;
  const source = { file, data: data as T, locate };
  const problems = new Problems();
  for (const { path: at, message } of await schemaProblems(schema, data)) problems.add(source, at, message);
  await problems.throwIfAny();
  writeJson(cached, data);
  return source;
}

function shownName(path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      fix: `git checkout -- ${file}`,
      cause: error,
    });
  }
}

/** JSON.parse is much faster than the YAML parser; the latter is asked only where a mistake is. */
async function parseJson(text: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    await parseYaml(text, file);
    throw new UserError(`${file}  not valid JSON: ${(error as Error).message}`, { fix: 'npm run validate' });
  }
}

function digest(schema: string, text: string): string {
  return createHash('sha256').update(schema).update('\0').update(text).digest('hex');
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent or damaged: the file is parsed and checked again
  }
}

function writeJson(file: string, data: unknown): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(data));
    renameSync(temporary, file);
  } catch {
    // A cache that cannot be written costs time only.
  }
}
