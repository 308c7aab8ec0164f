import { copyFile, mkdtemp, open, rm, symlink, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataError } from '../../errors.ts';
import type { ImageSet } from '../spec.ts';
import { realCifar10 } from './files.fixture.ts';
import { cifar10Digest, cifar10Files, loadCifar10, verifyCifar10 } from './files.ts';

const real = await realCifar10();

it('the digest of the data set is that of its six digests', () => {
  expect(cifar10Digest).toBe('5fdcf57d170bdbc7da569af1dabd64d7d3c7507e9e7aa861fc7b691d5355c232');
});

describe.skipIf(!real)('loadCifar10', () => {
  let data: { train: ImageSet; test: ImageSet };
  beforeAll(async () => {
    data = await loadCifar10(real!);
  });

  it('reads all images and labels', () => {
    expect([data.train.count, data.test.count]).toEqual([50_000, 10_000]);
    expect([...data.train.labels.subarray(0, 10)]).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect([...data.test.labels.subarray(0, 10)]).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    for (const { labels, count } of [data.train, data.test]) {
      const counts = new Array<number>(10).fill(0);
      for (const label of labels) counts[label]!++;
      expect(counts).toEqual(new Array(10).fill(count / 10));
    }
  });

  it('has the published channel means and deviations', () => {
    const { pixels, count } = data.train;
    const moments = [0, 1, 2].map(channel => {
      const histogram = new Float64Array(256);
      for (let image = 0; image < count; image++) {
        const at = (image * 3 + channel) * 1024;
        for (let i = at; i < at + 1024; i++) histogram[pixels[i]!]!++;
      }
      const mean = histogram.reduce((sum, n, value) => sum + n * value, 0) / (count * 1024);
      const variance = histogram.reduce((sum, n, value) => sum + n * (value - mean) ** 2, 0) / (count * 1024);
      return [mean, Math.sqrt(variance)].map(x => x.toFixed(4));
    });
    expect(moments).toEqual([
      ['125.3069', '62.9932'],
      ['122.9504', '62.0887'],
      ['113.8654', '66.7049'],
    ]);
  });
});

describe.skipIf(!real)('a damaged folder', () => {
  const first = cifar10Files[0].name;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'residuals-cifar10-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const error = () => verifyCifar10(folder).catch((caught: DataError) => caught) as Promise<DataError>;

  it('is refused for a missing file', async () => {
    expect((await error()).message).toBe(`${join(folder, first)} is missing`);
    await symlink(join(real!, first), join(folder, first));
    expect((await error()).message).toBe(`${join(folder, cifar10Files[1].name)} is missing`);
    expect((await error()).fix).toBe('npm run data');
  });

  it('is refused for a truncated file, and for one with bytes to spare', async () => {
    await rm(join(folder, first), { force: true });
    await copyFile(join(real!, first), join(folder, first));
    await truncate(join(folder, first), 30_729_999);
    expect((await error()).message).toBe(`${join(folder, first)} has 30729999 bytes instead of 30730000`);
    await truncate(join(folder, first), 30_730_001);
    expect((await error()).message).toBe(`${join(folder, first)} has 30730001 bytes instead of 30730000`);
  });

  it('is refused for a single flipped bit', async () => {
    await copyFile(join(real!, first), join(folder, first));
    const file = await open(join(folder, first), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 20_000_000);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, 20_000_000);
    await file.close();
    const { message } = await error();
    expect(message).toContain(`${join(folder, first)} is damaged: its SHA-256 is `);
    expect(message).toContain(`instead of ${cifar10Files[0].sha256}`);
    await expect(loadCifar10(folder)).rejects.toThrow(message);
  });
});
