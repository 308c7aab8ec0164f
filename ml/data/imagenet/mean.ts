import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageChannels } from '../../nets/spec.ts';
import { cacheFolder } from '../cache.ts';
import type { ImageNetData } from '../spec.ts';
import type { Decode } from './decode-pool.ts';
import type { ImageNetIndex } from './files.ts';

/** Training images that the mean is taken of: they give each pixel a standard error of about 0.7 (of 255). */
const meanImages = 10_000;

/**
 * The per-pixel mean that is subtracted (sec. 3.4), [3, crop, crop], in pixel units: of the central crops, at the test's
 * shorter side, of `images` training images evenly spaced over the index. It is computed once and kept in the cache.
 */
export async function imageNetMean(
  index: ImageNetIndex,
  { crop, testShorterSide }: Pick<ImageNetData, 'crop' | 'testShorterSide'>,
  decode: Decode,
  options: { images?: number; cache?: string; onProgress?: (message: string) => void } = {},
): Promise<Float32Array> {
  const images = Math.min(options.images ?? meanImages, index.count);
  const folder = join(options.cache ?? cacheFolder(), 'imagenet');
  const file = join(folder, `mean-${index.digest.slice(0, 16)}-${images}-${testShorterSide}-${crop}.f32`);
  const values = imageChannels * crop * crop;
  const kept = await readFile(file).catch(() => null);
  if (kept?.length === 4 * values) return new Float32Array(new Uint8Array(kept).buffer);
  options.onProgress?.(`computing the mean of ${images} training images`);
  const sums = await sumCrops(
    Array.from({ length: images }, (_, i) => index.file(Math.floor((i * index.count) / images))),
    file => decode({ file, shorterSide: testShorterSide, size: crop, windows: [{ down: 0.5, right: 0.5 }] }),
    values,
  );
  const mean = Float32Array.from(sums, sum => sum / images);
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.${process.pid}`, new Uint8Array(mean.buffer));
  await rename(`${file}.${process.pid}`, file);
  return mean;
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
