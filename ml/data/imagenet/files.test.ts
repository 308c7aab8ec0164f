import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataError } from '../../errors.ts';
import { smallClasses, validationIds, writeDevkit, writeTraining, writeValidation } from './files.fixture.ts';
import { type ImageNetIndex, indexImageNet } from './files.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'residuals-imagenet-'));
});
afterAll(() => rm(root, { recursive: true }));

const idsOf = ({ classes, labels }: ImageNetIndex) => [...labels].map(label => classes[label]);
const failure = (folder: string, part: 'train' | 'val', classes = 3) =>
  indexImageNet(folder, part, classes).catch((error: DataError) => error) as Promise<DataError>;

describe('indexImageNet', () => {
  it('lists training images by name, with the sorted WordNet ids as classes', async () => {
    const folder = join(root, 'train-only');
    await writeTraining(folder, 11);
    await writeFile(join(folder, 'train', smallClasses[0]!, '._n01440764_1.JPEG'), 'of a Mac');
    const index = await indexImageNet(folder, 'train', 3);
    expect([index.count, index.classes]).toEqual([33, smallClasses]);
    expect(idsOf(index)).toEqual(smallClasses.flatMap(id => new Array(11).fill(id)));
    const names = Array.from({ length: 33 }, (_, i) => basename(index.file(i)));
    expect(names).toEqual([...names].sort());
    for (let i = 0; i < 33; i++) {
      expect(index.file(i)).toBe(join(folder, 'train', names[i]!.slice(0, 9), names[i]!));
    }
  });

  it('has a digest of names, sizes and classes', async () => {
    const folder = join(root, 'digest');
    await writeTraining(folder, 2);
    const index = await indexImageNet(folder, 'train', 3);
    const lines = Array.from({ length: 6 }, async (_, i) => {
      const file = index.file(i);
      return `${basename(file)} ${(await stat(file)).size} ${idsOf(index)[i]}\n`;
    });
    const expected = createHash('sha256').update((await Promise.all(lines)).join(''));
    expect(index.digest).toBe(expected.digest('hex'));
    await writeFile(index.file(3), 'another size');
    expect((await indexImageNet(folder, 'train', 3)).digest).not.toBe(index.digest);
  });

  it('finds the same labels, order and digest whatever says the validation labels', async () => {
    const found: Record<string, ImageNetIndex> = {};
    const flat = async (name: string) => {
      await writeValidation(join(root, name), 'flat');
      return join(root, name);
    };
    const perClass = join(root, 'per-class');
    await writeValidation(perClass, 'per class');
    found.perClass = await indexImageNet(perClass, 'val', 3);
    const kit = await flat('kit');
    await writeDevkit(kit);
    found.kit = await indexImageNet(kit, 'val', 3);
    const kaggle = await flat('kaggle/ILSVRC/Data/CLS-LOC').then(() => join(root, 'kaggle'));
    const rows = validationIds.map((id, i) => `ILSVRC2012_val_0000000${i + 1},${id} 1 2 3 4 ${id} 5 6 7 8`);
    const shuffled = ['ImageId,PredictionString', ...rows.reverse()].join('\r\n');
    await writeFile(join(kaggle, 'LOC_val_solution.csv'), shuffled);
    const synsets = [...smallClasses].reverse().map(id => `${id} a name, another name`);
    await writeFile(join(kaggle, 'LOC_synset_mapping.txt'), synsets.join('\n'));
    found.kaggle = await indexImageNet(kaggle, 'val', 3);
    const list = await flat('list');
    await writeTraining(list, 1);
    await writeFile(
      join(list, 'imagenet_2012_validation_synset_labels.txt'),
      `${validationIds.join('\n')}\n`,
    );
    found.list = await indexImageNet(list, 'val', 3);
    for (const index of Object.values(found)) {
      expect(index.classes).toEqual(smallClasses);
      expect(idsOf(index)).toEqual(validationIds);
      expect(index.digest).toBe(found.perClass.digest);
      for (let i = 0; i < 5; i++) expect((await stat(index.file(i))).size).toBeGreaterThan(500);
    }
  });

  it('takes a part of the validation images for what it is', async () => {
    const folder = join(root, 'part');
    await writeValidation(folder, 'flat');
    await writeDevkit(folder);
    await rm(join(folder, 'val', 'ILSVRC2012_val_00000002.JPEG'));
    const index = await indexImageNet(folder, 'val', 3);
    expect(idsOf(index)).toEqual(validationIds.filter((_, i) => i !== 1));
  });
});

describe('an incomplete folder is refused, with what was expected:', () => {
  const layout = [
    'ImageNet (ILSVRC 2012) is expected as',
    'train/<WordNet id>/*.JPEG',
    'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt with',
    'LOC_val_solution.csv',
  ];

  it('no such part', async () => {
    const { name, message, fix } = await failure(join(root, 'nowhere'), 'val');
    for (const part of [`${join(root, 'nowhere', 'val')} does not exist. `, ...layout]) {
      expect(message).toContain(part);
    }
    expect([name, fix]).toEqual(['DataError', expect.stringContaining('RESIDUALS_IMAGENET=')]);
  });

  it('another number of classes', async () => {
    const folder = join(root, 'classes');
    await writeTraining(folder, 1);
    const { message } = await failure(folder, 'train', 1000);
    expect(message).toContain(`1000 classes were expected in ${folder}, and there are 3. `);
  });

  it('no labels', async () => {
    const folder = join(root, 'no-labels');
    await writeValidation(folder, 'flat');
    await writeFile(join(folder, 'synset_words.txt'), smallClasses.join('\n'));
    const { message } = await failure(folder, 'val');
    expect(message).toContain(`${folder} has no labels for the images in ${join(folder, 'val')}. `);
  });

  it('no images', async () => {
    const folder = join(root, 'no-images');
    for (const id of smallClasses) await mkdir(join(folder, 'val', id), { recursive: true });
    expect((await failure(folder, 'val')).message).toContain(`${join(folder, 'val')} holds no images. `);
  });

  it('an image of no class', async () => {
    const folder = join(root, 'no-class');
    await writeValidation(folder, 'per class');
    await writeFile(join(folder, 'synset_words.txt'), 'n00000001 a\nn00000002 b\nn00000003 c\n');
    const what = 'ILSVRC2012_val_00000001.JPEG is of class n01440764, which is not among the 3. ';
    expect((await failure(folder, 'val')).message).toContain(what);
  });

  it('labels that end too early', async () => {
    const folder = join(root, 'short');
    await writeValidation(folder, 'flat');
    await writeDevkit(folder);
    const data = join(folder, 'ILSVRC2012_devkit_t12', 'data');
    const truth = join(data, 'ILSVRC2012_validation_ground_truth.txt');
    await writeFile(truth, '2\n1\n');
    expect((await failure(folder, 'val')).message).toContain(`${truth} has no class for number 3: `);
    await writeFile(truth, '2\n1\n4\n3\n1\n');
    expect((await failure(folder, 'val')).message).toContain(`${truth} has no class for number 3: `);
    await rename(join(data, 'meta.mat'), truth);
    await writeFile(join(data, 'meta.mat'), 'MATLAB');
    expect((await failure(folder, 'val')).message).toMatch(/meta\.mat cannot be used: it is not a MATLAB 5/);
  });
});

describe('what the system does not give', () => {
  it('is named: a link to nowhere, a folder in the place of an image', async () => {
    const folder = join(root, 'links');
    await writeTraining(folder, 1);
    const image = join(folder, 'train', smallClasses[0]!, 'n99_1.JPEG');
    await symlink('/nowhere/at/all', image);
    expect((await failure(folder, 'train')).message).toContain(
      `${image}: cannot be read, ${image} is a link to /nowhere/at/all, which is not here`,
    );
    await rm(image);
    await mkdir(image);
    expect((await failure(folder, 'train')).message).toContain(`${image}: expected an image file`);
  });

  it('is not a byte order mark in a list of classes', async () => {
    const folder = join(root, 'mark');
    await writeTraining(folder, 1);
    const before = (await indexImageNet(folder, 'train', 3)).digest;
    const list = smallClasses.map(id => `${id} a name`).join('\r\n');
    await writeFile(join(folder, 'LOC_synset_mapping.txt'), `\uFEFF${list}\r\n`);
    expect((await indexImageNet(folder, 'train', 3)).digest).toBe(before);
  });
});
