import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  smallClasses,
  validationIds,
  writeDevkit,
  writeTraining,
  writeValidation,
} from '../../../ml/data/imagenet/files.fixture.ts';
import type { ImageNetData } from '../../../ml/data/spec.ts';
import { inFolder, tinySpec } from '../../execute/jobs.fixture.ts';
import { dataSets } from './data-sets.ts';
import { imageNetTraining, openImageNet } from './imagenet.ts';

const size = { train: 9, val: validationIds.length, classes: smallClasses.length };
const data: ImageNetData = {
  set: 'imagenet',
  shorterSide: [36, 48],
  crop: 32,
  colour: true,
  testShorterSide: 36,
};

afterEach(() => vi.unstubAllEnvs());

/** Runs `use` with a small ImageNet in the official layout. */
function withImageNet(use: (folder: string) => Promise<void>): Promise<void> {
  return inFolder(async folder => {
    vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
    await writeTraining(folder, 3);
    await writeValidation(folder, 'flat');
    await writeDevkit(folder);
    await use(folder);
  });
}

function options(dataFolder: string, digest: string) {
  return { spec: { ...tinySpec, data }, seed: 1, data: digest, dataFolder, threads: 1 };
}

describe('the data of a training on ImageNet', () => {
  it('are batches of the training images and views of the validation images', () =>
    withImageNet(async folder => {
      const { digest } = await openImageNet(folder, size);
      const { batches, test, close } = await imageNetTraining(options(folder, digest), data, size);
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

  it('must be those that the training was planned with, and complete', () =>
    withImageNet(async folder => {
      await expect(imageNetTraining(options(folder, 'another'), data, size)).rejects.toThrow(
        `${folder}: the images are not those that the run was planned with`,
      );
      const [first] = await readdir(join(folder, 'train', smallClasses[0]!));
      rmSync(join(folder, 'train', smallClasses[0]!, first!));
      const incomplete = openImageNet(folder, size);
      await expect(incomplete).rejects.toThrow(`${folder}: expected 9 images in train, found 8.`);
      await expect(incomplete).rejects.toMatchObject({ name: 'UserError', exitCode: 4 });
    }));

  it('have a digest only where a path is named, and cannot be fetched', () =>
    inFolder(async folder => {
      expect(await dataSets.imagenet.digest(undefined, 'train')).toBeNull();
      expect(dataSets.imagenet.recognises(folder)).toBe(false);
      await writeTraining(folder, 1);
      expect(dataSets.imagenet.recognises(folder)).toBe(true);
      await expect(dataSets.imagenet.ensure(undefined)).rejects.toThrow('ImageNet cannot be fetched for you');
      expect(await dataSets.imagenet.ensure(folder)).toBe(folder);
    }));
});
