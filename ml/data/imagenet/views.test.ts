import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageView } from '../images.ts';
import type { TestSpec } from '../spec.ts';
import { decode } from './decode.ts';
import type { Decode, WindowsJob } from './decode-pool.ts';
import { writeDevkit, writeTraining, writeValidation } from './files.fixture.ts';
import { type ImageNetIndex, indexImageNet } from './files.ts';
import { imageNetMean } from './mean.ts';
import { centreCrop, imageNetViews } from './views.ts';

const data = { crop: 16, testShorterSide: 21 };
const mean = Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => 100 + (i % 50) / 8);
const tenCrop: TestSpec = { name: 'tenCrop', pad: 0 };
const multiScale: TestSpec = { name: 'multiScale', sizes: [16, 20, 27], flip: true };

let folder: string;
let index: ImageNetIndex;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residuals-imagenet-views-'));
  await writeValidation(folder, 'flat');
  await writeDevkit(folder);
  index = await indexImageNet(folder, 'val', 3);
});
afterAll(() => rm(folder, { recursive: true }));

async function filled(view: ImageView, start: number, count: number): Promise<Float32Array> {
  const out = new Float32Array(count * 3 * view.size ** 2).fill(Number.NaN);
  await view.fill(start, count, out);
  return out;
}

/** The window of a validation image whose corner is at a row and column, without what is subtracted. */
async function window(image: number, shorterSide: number, size: number, place: (room: number) => number[]) {
  const { width, height } = await sharp(index.file(image)).metadata();
  const scale = shorterSide / Math.min(width, height);
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  const [top, left] = [place(rows - size)[0]!, place(columns - size)[1]!];
  const pixels = await sharp(index.file(image))
    .toColourspace('srgb')
    .resize(columns, rows, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
    .extract({ top, left, width: size, height: size })
    .raw()
    .toBuffer();
  return Array.from(
    { length: 3 * size * size },
    (_, i) => pixels[3 * (i % size ** 2) + Math.floor(i / size ** 2)]!,
  );
}

const half = (room: number) => Math.ceil(room / 2);
const mirrored = (values: readonly number[], size: number) =>
  values.map((_, i) => values[i - (i % size) + size - 1 - (i % size)]!);
const less = (values: readonly number[], subtracted: Float32Array) =>
  values.map((value, i) => Math.fround(value - subtracted[i]!));

describe('views of ImageNet', () => {
  it('centre crop: the middle of the image at the test size', async () => {
    const view = centreCrop({ index, data, mean, decode });
    expect(view.size).toBe(16);
    for (let image = 0; image < 5; image++) {
      const expected = await window(image, 21, 16, room => [half(room), half(room)]);
      expect([...(await filled(view, image, 1))]).toEqual(less(expected, mean));
    }
  });

  it('ten crops: corners and centre, each followed by its flip', async () => {
    const places = [
      ...[0, 1].flatMap(down => [0, 1].map(right => (room: number) => [down * room, right * room])),
      (room: number) => [half(room), half(room)],
    ];
    const views = imageNetViews(tenCrop, { index, data, mean, decode });
    expect(views.map(view => view.size)).toEqual(new Array(10).fill(16));
    for (const image of [0, 1, 3]) {
      for (const [i, place] of places.entries()) {
        const expected = less(await window(image, 21, 16, place), mean);
        expect([...(await filled(views[2 * i]!, image, 1))]).toEqual(expected);
        expect([...(await filled(views[2 * i + 1]!, image, 1))]).toEqual(mirrored(expected, 16));
      }
    }
  });

  it('several scales: the central square at each, the mean resized to it', async () => {
    const flat = Float32Array.from(mean, (_, i) => 90 + 10 * Math.floor(i / 256));
    const views = imageNetViews(multiScale, { index, data, mean: flat, decode });
    expect(views.map(view => view.size)).toEqual([16, 16, 20, 20, 27, 27]);
    for (const [i, view] of views.entries()) {
      const { size } = view;
      const square = await window(1, size, size, room => [half(room), half(room)]);
      const expected = square.map((value, j) => value - 90 - 10 * Math.floor(j / size ** 2));
      expect([...(await filled(view, 1, 1))]).toEqual(i % 2 === 1 ? mirrored(expected, size) : expected);
    }
  });

  it.each([tenCrop, multiScale])(
    '$name: every image once in each view, decoded once for each size',
    async test => {
      const whole = await Promise.all(
        imageNetViews(test, { index, data, mean, decode }).map(view => filled(view, 0, 5)),
      );
      for (const batch of [1, 2, 3, 5]) {
        const files: string[] = [];
        const noted: Decode = job => {
          files.push(`${job.file} ${(job as WindowsJob).shorterSide}`);
          return decode(job);
        };
        const views = imageNetViews(test, { index, data, mean, decode: noted });
        const parts = views.map((): number[] => []);
        for (let first = 0; first < 5; first += batch) {
          const count = Math.min(batch, 5 - first);
          for (const [v, view] of views.entries()) parts[v]!.push(...(await filled(view, first, count)));
        }
        expect(parts).toEqual(whole.map(values => [...values]));
        expect(files.length).toBe(5 * (test.name === 'tenCrop' ? 1 : test.sizes.length));
        expect(new Set(files).size).toBe(files.length);
      }
    },
  );

  it('does not pad', () => {
    expect(() => imageNetViews({ name: 'tenCrop', pad: 4 }, { index, data, mean, decode })).toThrow(
      'not padded',
    );
  });
});

describe('imageNetMean', () => {
  it('is the mean of central crops of evenly spaced images, computed once', async () => {
    await writeTraining(folder, 4);
    const train = await indexImageNet(folder, 'train', 3);
    let decoded = 0;
    const counted: Decode = job => {
      decoded++;
      return decode(job);
    };
    const cache = join(folder, 'cache');
    const computed = await imageNetMean(train, data, counted, { images: 4, cache });
    const images = [0, 3, 6, 9].map(image => filled(centreCrop({ ...options(train) }), image, 1));
    const crops = await Promise.all(images);
    computed.forEach((value, i) => {
      expect(value).toBe(crops.reduce((sum, crop) => sum + crop[i]!, 0) / 4);
    });
    expect(await imageNetMean(train, data, counted, { images: 4, cache })).toEqual(computed);
    expect(decoded).toBe(4);
    expect(await imageNetMean(train, data, counted, { cache })).not.toEqual(computed);
    expect(decoded).toBe(16);
  });

  const options = (index: ImageNetIndex) => ({ index, data, mean: new Float32Array(mean.length), decode });
});
