import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  smallClasses,
  validationIds,
  writeDevkit,
  writeTraining,
  writeValidation,
} from '../../ml/data/imagenet/files.fixture.ts';
import type { ImageNetData } from '../../ml/data/spec.ts';
import { identityOf, inFolder, orderFor, tinySpec } from './fixtures.ts';
import { imageNetData, openImageNet } from './imagenet.ts';

const size = { train: 9, val: validationIds.length, classes: smallClasses.length };
const data: ImageNetData = {
  set: 'imagenet',
  shorterSide: [36, 48],
  crop: 32,
  colour: true,
  testShorterSide: 36,
};

const cacheBefore = process.env.RESIDUALS_CACHE;
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.RESIDUALS_CACHE;
  else process.env.RESIDUALS_CACHE = cacheBefore;
});

/** Runs `use` with a small ImageNet in the official layout. */
function withImageNet(use: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async folder => {
    process.env.RESIDUALS_CACHE = join(folder, 'cache');
    await writeTraining(folder, 3);
    await writeValidation(folder, 'flat');
    await writeDevkit(folder);
    await use(folder);
  });
}

function order(folder: string, digest: string) {
  const identity = { ...identityOf({ ...tinySpec, data }), data: digest };
  return orderFor('', identity, { dataFolder: folder });
}

describe('the data of a run on ImageNet', () => {
  it('are batches of the training images and views of the validation images', () =>
    withImageNet(async folder => {
      const { digest } = await openImageNet(folder, size);
      const { batches, test, close } = await imageNetData(order(folder, digest), data, size);
      const batch = { images: new Float32Array(8 * 3 * 32 ** 2), labels: new Int32Array(8) };
      await batches.fill(0, batch);
      expect([...batch.labels].every(label => label >= 0 && label < 3)).toBe(true);
      expect(batch.images.some(value => value !== 0)).toBe(true);

      expect(test.count).toBe(5);
      expect([...test.labels].map(label => smallClasses[label])).toEqual(validationIds);
      const views = test.views({ name: 'tenCrop', pad: 0 });
      expect(views).toHaveLength(10);
      const [centre, tenth] = [new Float32Array(3 * 32 ** 2), new Float32Array(3 * 32 ** 2)];
      await test.single.fill(2, 1, centre);
      await views[8]!.fill(2, 1, tenth);
      expect(tenth).toEqual(centre);
      await close();
    }));

  it('must be those that the run was planned with, and complete', () =>
    withImageNet(async folder => {
      await expect(imageNetData(order(folder, 'another'), data, size)).rejects.toThrow(
        `${folder}: the images are not those that the run was planned with`,
      );
      const [first] = await readdir(join(folder, 'train', smallClasses[0]!));
      rmSync(join(folder, 'train', smallClasses[0]!, first!));
      await expect(openImageNet(folder, size)).rejects.toThrow(
        '9 images were expected in train, and there are 8',
      );
    }));
});
