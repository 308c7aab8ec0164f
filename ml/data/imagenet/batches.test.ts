import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataError } from '../../errors.ts';
import { permutation, randomWords } from '../../optim/random.ts';
import type { ImageNetData } from '../spec.ts';
import { colourComponents, colourShift, ImageNetBatches, type ImageNetBatchesOptions } from './batches.ts';
import { decode } from './decode.ts';
import { type Decode, DecodePool } from './decode-pool.ts';
import { writeTraining } from './files.fixture.ts';
import { type ImageNetIndex, indexImageNet } from './files.ts';

const data: ImageNetData = {
  set: 'imagenet',
  shorterSide: [18, 30],
  crop: 16,
  colour: true,
  testShorterSide: 20,
};
const mean = Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => 100 + (i % 50) / 8);

let folder: string;
let index: ImageNetIndex;
let pool: DecodePool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residuals-imagenet-batches-'));
  await writeTraining(folder, 4);
  index = await indexImageNet(folder, 'train', 3);
  pool = new DecodePool(2);
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

const options = (change: Partial<ImageNetBatchesOptions> = {}): ImageNetBatchesOptions => ({
  ...{ index, data, mean, seed: 1, batch: 5, decode },
  ...change,
});

async function batchOf(batches: ImageNetBatches, iteration: number, batch = 5, crop = 16) {
  const out = {
    images: new Float32Array(batch * 3 * crop * crop).fill(Number.NaN),
    labels: new Int32Array(batch).fill(-1),
  };
  await batches.fill(iteration, out);
  return out;
}

describe('ImageNetBatches', () => {
  it('shows every image once in each epoch, also across the ends of batches', async () => {
    const files: string[] = [];
    const noted: Decode = job => {
      files.push(job.file);
      return pool.decode(job);
    };
    const batches = new ImageNetBatches(options({ decode: noted, ahead: 1 }));
    const labels: number[] = [];
    for (let i = 0; i < 5; i++) labels.push(...(await batchOf(batches, i)).labels);
    for (const epoch of [0, 1]) {
      const order = new Uint32Array(12);
      permutation({ seed: 1, purpose: 'order', epoch, index: 0 }, order);
      const part = [12 * epoch, 12 * (epoch + 1)] as const;
      expect(files.slice(...part)).toEqual([...order].map(index.file));
      expect(labels.slice(...part)).toEqual([...order].map(image => index.labels[image]));
    }
  });

  it('resizes, crops, colours, subtracts and flips by the words of (seed, epoch, image)', async () => {
    const order = new Uint32Array(12);
    permutation({ seed: 7, purpose: 'order', epoch: 0, index: 0 }, order);
    const { images } = await batchOf(new ImageNetBatches(options({ seed: 7 })), 1);
    const flips = new Set<boolean>();
    for (let j = 0; j < 5; j++) {
      const image = order[5 + j]!;
      const words = new Uint32Array(4);
      randomWords({ seed: 7, purpose: 'augmentation', epoch: 0, index: image }, words);
      const [scale, down, right, side] = [...words].map(word => word / 2 ** 32);
      const planes = await decode({
        file: index.file(image),
        shorterSide: 18 + Math.floor(scale! * 13),
        size: 16,
        windows: [{ down: down!, right: right! }],
      });
      const shift = colourShift(7, 0, image);
      const expected = Array.from(planes, (_, i) => {
        const x = i % 16;
        const from = side! >= 0.5 ? i - x + 15 - x : i;
        return Math.fround(planes[from]! + shift[Math.floor(i / 256)]! - mean[from]!);
      });
      flips.add(side! >= 0.5);
      expect([...images.subarray(j * 768, (j + 1) * 768)]).toEqual(expected);
    }
    expect(flips.size).toBe(2);
  });

  it('is a function of the iteration, whatever was asked before, read ahead, or finished first', async () => {
    const known = await Promise.all(
      Array.from({ length: 5 }, (_, i) => batchOf(new ImageNetBatches(options({ ahead: 0 })), i)),
    );
    const asked = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 0, max: 2 }), async (iterations, ahead) => {
        const batches = new ImageNetBatches(options({ ahead, decode: pool.decode }));
        for (const i of iterations) expect(await batchOf(batches, i)).toEqual(known[i]);
      }),
      { numRuns: 8 },
    );
  });

  it('differs between seeds and epochs', async () => {
    const of = async (seed: number, iteration: number) =>
      (await batchOf(new ImageNetBatches(options({ seed, batch: 12, ahead: 0 })), iteration, 12)).images;
    const [one, other, later] = await Promise.all([of(1, 0), of(2, 0), of(1, 1)]);
    expect(one).not.toEqual(other);
    expect([...one!].sort()).not.toEqual([...later!].sort());
  });

  it('holds the bytes of no more than the batch in use and those ahead', async () => {
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const crop = 96;
    const bytes = 4 * 3 * crop * crop;
    let started = 0;
    const counted: Decode = job => {
      started++;
      return pool.decode(job);
    };
    const large = { ...data, crop, shorterSide: [96, 100] as const };
    const batches = new ImageNetBatches(
      options({ data: large, mean: new Float32Array(3 * crop * crop), batch: 4, decode: counted }),
    );
    const out = { images: new Float32Array(4 * 3 * crop * crop), labels: new Int32Array(4) };
    await batches.fill(0, out);
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 1; i <= 20; i++) {
      await batches.fill(i, out);
      expect(started).toBe(4 * (i + 3));
      if (i % 10 > 0) continue;
      collect();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * bytes);
    }
  });

  it('reports a damaged file with the batch that needs it, not before', async () => {
    const damaged = await mkdtemp(join(tmpdir(), 'residuals-imagenet-damaged-'));
    await writeTraining(damaged, 4);
    const broken = await indexImageNet(damaged, 'train', 3);
    const order = new Uint32Array(12);
    permutation({ seed: 1, purpose: 'order', epoch: 0, index: 0 }, order);
    await writeFile(broken.file(order[7]!), 'no image');
    const batches = new ImageNetBatches(options({ index: broken, ahead: 2, decode: pool.decode }));
    await batchOf(batches, 0);
    const error = await batchOf(batches, 1).catch((error: DataError) => error);
    expect((error as DataError).message).toContain(`${broken.file(order[7]!)} cannot be decoded`);
    await rm(damaged, { recursive: true });
  });
});

describe('colour augmentation', () => {
  it('has directions of length 1 that are at right angles', () => {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const product = colourComponents.directions.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 3);
      }
    }
  });

  it('shifts along each component with a tenth of its variance', () => {
    const shifts = Array.from({ length: 4000 }, (_, image) => colourShift(3, 0, image));
    for (const [i, variance] of colourComponents.variances.entries()) {
      const along = shifts.map(shift =>
        colourComponents.directions.reduce((sum, row, c) => sum + row[i]! * shift[c]!, 0),
      );
      const mean = along.reduce((a, b) => a + b, 0) / along.length;
      const deviation = Math.sqrt(along.reduce((sum, x) => sum + x * x, 0) / along.length);
      expect(Math.abs(mean)).toBeLessThan(0.07 * deviation);
      expect(deviation / (255 * 0.1 * variance)).toBeCloseTo(1, 1);
    }
  });
});
