import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { imageChannels } from '../../nets/spec.ts';
import { cacheFolder } from '../cache.ts';
import { fillCache, sweepCache } from '../fill-cache.ts';
import type { ImageNetData } from '../spec.ts';
import type { Decode } from './decode-pool.ts';
import type { ImageNetIndex } from './files.ts';

/** Training images that the mean is taken of: they give each pixel a standard error of about 0.7 (of 255). */
const meanImages = 10_000;

/**
 * The per-pixel mean that is subtracted (sec. 3.4), [3, crop, crop], in pixel units: of the central crops, at the test's
 * shorter side, of `images` training images evenly spaced over the index. It is computed once and kept in the cache with its
 * digest; a cache that is damaged or cannot be written only costs the time of computing it again.
 */
export async function imageNetMean(
  index: Pick<ImageNetIndex, 'count' | 'file' | 'digest'>,
  { crop, testShorterSide }: Pick<ImageNetData, 'crop' | 'testShorterSide'>,
  decode: Decode,
  options: { images?: number; cache?: string; onProgress?: (message: string) => void } = {},
): Promise<Float32Array> {
  const images = Math.min(options.images ?? meanImages, index.count);
  const name = `mean-${index.digest.slice(0, 16)}-${images}-${testShorterSide}-${crop}.f32`;
  const values = imageChannels * crop * crop;
  const cache = options.cache ?? cacheFolder();
  const place = cache === null ? null : join(cache, 'imagenet', name);
  const kept = place && (await readKept(place, values));
  if (kept) {
    await sweepCache(dirname(place));
    return kept;
  }
  options.onProgress?.(`computing the mean of ${images} training images`);
  const sums = await sumCrops(
    Array.from({ length: images }, (_, i) => index.file(Math.floor((i * index.count) / images))),
    file => decode({ file, shorterSide: testShorterSide, size: crop, windows: [{ down: 0.5, right: 0.5 }] }),
    values,
  );
  const mean = Float32Array.from(sums, sum => sum / images);
  if (!place || !(await keep(place, mean)))
    options.onProgress?.('the mean cannot be kept in the cache folder; it is computed again next time');
  return mean;
}

/** Bytes of the SHA-256 that a kept mean begins with. */
const digestBytes = 32;

async function readKept(file: string, values: number): Promise<Float32Array | null> {
  try {
    const content = await readFile(file);
    const data = Uint8Array.from(content.subarray(digestBytes));
    const whole = sha256(data).equals(content.subarray(0, digestBytes));
    return whole && data.length === 4 * values ? new Float32Array(data.buffer) : null;
  } catch {
    return null;
  }
}

/** Whether it could be kept. */
async function keep(file: string, mean: Float32Array): Promise<boolean> {
  const data = new Uint8Array(mean.buffer);
  try {
    // One name at a time: what a killed process has left is removed by the next one.
    await fillCache(dirname(file), [basename(file)], folder =>
      writeFile(join(folder, basename(file)), Buffer.concat([sha256(data), data])),
    );
    return true;
  } catch {
    return false;
  }
}

function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Images that are decoded at the same time: enough for any number of threads. */
const atOnce = 256;

/** Sums of bytes are exact, whatever their order. */
async function sumCrops(
  files: readonly string[],
  crop: (file: string) => Promise<Uint8Array>,
  values: number,
): Promise<Float64Array> {
  const sums = new Float64Array(values);
  for (let first = 0; first < files.length; first += atOnce) {
    await Promise.all(
      files.slice(first, first + atOnce).map(async file => {
        const planes = await crop(file);
        for (let i = 0; i < values; i++) sums[i]! += planes[i]!;
      }),
    );
  }
  return sums;
}
