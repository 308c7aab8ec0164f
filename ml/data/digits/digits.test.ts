import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { area, intersection } from '../../detection/boxes.ts';
import type { DataError } from '../../errors.ts';
import { loadCifar10 } from '../cifar10/files.ts';
import { ensureCifar10 } from '../cifar10/sources.ts';
import { readPicture } from '../pictures.ts';
import { readVoc } from '../voc/files.ts';
import { type Canvas, drawCanvas, drawCrop, type Material, type Split } from './canvas.ts';
import { digitNames } from './generate.ts';
import { loadMnist } from './mnist.ts';
import { digitsDigest, ensureDigits, loadDigitBoxes, loadDigitCrops } from './sources.ts';

const quiet = () => {};
let materials: Record<Split, Material>;
beforeAll(async () => {
  const photographs = await loadCifar10((await ensureCifar10()).folder);
  materials = {
    train: { digits: await loadMnist('train', quiet), photographs: photographs.train },
    test: { digits: await loadMnist('test', quiet), photographs: photographs.test },
  };
}, 120_000);

const digest = ({ pixels, objects }: Canvas) =>
  createHash('sha256').update(pixels).update(JSON.stringify(objects)).digest('hex').slice(0, 16);

describe('canvases', () => {
  it('are the same on every machine', () => {
    const found = (['voc', 'coco', 'det'] as const).flatMap(variant =>
      ([0, 1000] as const).map(index => digest(drawCanvas(variant, 'train', index, materials.train))),
    );
    const crop = drawCrop('test', 5, materials.test);
    found.push(createHash('sha256').update(crop.pixels).digest('hex').slice(0, 16));
    expect(found).toMatchInlineSnapshot(`
      [
        "f07abb87d848fd8a",
        "21b93d97f17d9cea",
        "3423a61371e9c40f",
        "ee4530af587e8902",
        "e0ace22c7ff312e7",
        "dfa5c33285aedf25",
        "6c1737266baae9e9",
      ]
    `);
    expect(digitsDigest).toMatchInlineSnapshot(
      `"5ba308f44a0b39542a989024897059f7236fcff03f3b4994bc75dda3825ebeb4"`,
    );
  });

  it('hold digits of some size, which overlap by a quarter of the smaller at most', () => {
    const bounds = { voc: [2, 4], coco: [3, 6], det: [1, 2] } as const;
    const variant = fc.constantFrom('voc', 'coco', 'det');
    const split = fc.constantFrom('train', 'test');
    fc.assert(
      fc.property(variant, split, fc.integer({ min: 0, max: 9999 }), (variant, split, index) => {
        const { size, pixels, objects } = drawCanvas(variant, split, index, materials[split]);
        expect(pixels).toHaveLength(3 * size * size);
        expect(objects.length).toBeLessThanOrEqual(bounds[variant][1]);
        expect(objects.length).toBeGreaterThan(0);
        for (const [i, { digit, box }] of objects.entries()) {
          expect(digit).toBeGreaterThanOrEqual(0);
          expect(digit).toBeLessThan(10);
          expect(box.every(Number.isInteger)).toBe(true);
          expect(Math.min(box[0], box[1], size - box[2], size - box[3])).toBeGreaterThanOrEqual(0);
          for (const { box: other } of objects.slice(0, i))
            expect(4 * intersection(box, other)).toBeLessThanOrEqual(Math.min(area(box), area(other)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of a split have digits and photographs of that split alone', () => {
    expect(materials.train.digits.count).toBe(60_000);
    expect(materials.test.digits.count).toBe(10_000);
    expect([...materials.test.digits.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    expect(materials.train.photographs.count).toBe(50_000);
  });
});

describe('what is drawn', () => {
  it('is read back as it was drawn, from the files of a development kit', async () => {
    const folder = await ensureDigits('voc');
    const { images } = await readVoc(folder, ['2012 test'], digitNames);
    expect(images).toHaveLength(1200);
    const canvas = drawCanvas('voc', 'test', 1203, materials.test);
    const { file, objects } = images[3]!;
    expect(objects).toEqual(canvas.objects.map(({ digit, box }) => ({ class: digit, box })));
    expect((await readPicture(file)).pixels).toEqual(canvas.pixels);
  }, 120_000);

  it('as crops is the same in both parts, with boxes that hold the ink', async () => {
    const folder = await ensureDigits('loc');
    const { train, test } = await loadDigitCrops(folder);
    const boxes = await loadDigitBoxes(folder);
    expect([train.count, test.count, boxes.train.length, boxes.test.length]).toEqual([
      50_000, 10_000, 50_000, 10_000,
    ]);
    const { pixels, label, box } = drawCrop('train', 12_345, materials.train);
    expect(train.pixels.subarray(12_345 * 3072, 12_346 * 3072)).toEqual(pixels);
    expect([train.labels[12_345], boxes.train[12_345]]).toEqual([label, box]);
    expect(label).toBe(materials.train.digits.labels[12_345]);
  }, 180_000);

  it('is drawn into a folder that is named', async () => {
    const home = join(await ensureDigits('crops'), '..');
    expect(await ensureDigits('crops', { folder: home })).toBe(await ensureDigits('crops'));
  });

  it('is refused when a file was changed, added or removed', async () => {
    const home = mkdtempSync(join(tmpdir(), 'residuals-digits-'));
    try {
      const part = await ensureDigits('loc');
      const copy = join(home, basename(part));
      cpSync(part, copy, { recursive: true });
      const boxes = join(copy, 'test_batch.boxes.bin');
      const drawn = readFileSync(boxes);
      const refused = async () => {
        const error = await ensureDigits('loc', { folder: home }).catch((error: DataError) => error);
        expect((error as DataError).message).toContain(`${copy} is not as it was drawn`);
        expect((error as DataError).fix).toContain(`rm -r ${copy}`);
      };
      expect(await ensureDigits('loc', { folder: home })).toBe(copy);
      writeFileSync(boxes, drawn.with(7, drawn[7]! ^ 1));
      await refused();
      rmSync(boxes);
      await refused();
      writeFileSync(boxes, drawn);
      writeFileSync(join(copy, 'another.bin'), drawn);
      await refused();
      rmSync(join(copy, 'another.bin'));
      writeFileSync(join(copy, '.DS_Store'), 'of a Mac');
      expect(await ensureDigits('loc', { folder: home })).toBe(copy);
      rmSync(join(copy, 'drawn.sha256'));
      await expect(ensureDigits('loc', { folder: home })).rejects.toThrow('drawn.sha256 is missing');
    } finally {
      rmSync(home, { recursive: true });
    }
  }, 120_000);
});
