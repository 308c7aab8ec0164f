import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cocoDigest, readCoco } from './annotations.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-coco-'));
  mkdirSync(join(folder, 'annotations'));
  for (const set of ['train2014', 'val2014']) mkdirSync(join(folder, set));
  writeFileSync(join(folder, 'annotations', 'instances_train2014.json'), '{}');
  for (const name of ['a.jpg', 'b.jpg']) writeFileSync(join(folder, 'val2014', name), '');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const whole = () => ({
  images: [
    { id: 7, file_name: 'a.jpg', width: 40, height: 30 },
    { id: 3, file_name: 'b.jpg', width: 20, height: 20 },
  ],
  categories: [
    { id: 18, name: 'dog' },
    { id: 17, name: 'cat' },
  ],
  annotations: [
    { id: 1, image_id: 3, category_id: 17, bbox: [1.5, 2, 10, 8.25], area: 60.5, iscrowd: 0 },
    { id: 2, image_id: 3, category_id: 18, bbox: [0, 0, 20, 20], area: 400, iscrowd: 1 },
  ],
});

function written(change: (all: ReturnType<typeof whole>) => unknown = () => {}): Promise<unknown> {
  const all = whole();
  change(all);
  writeFileSync(join(folder, 'annotations', 'instances_val2014.json'), JSON.stringify(all));
  return readCoco(folder, 'val2014', ['cat', 'dog']);
}

describe('a set of COCO', () => {
  it('has its categories by id, and images without objects', async () => {
    expect(await written()).toEqual({
      classes: ['cat', 'dog'],
      images: [
        { id: '7', file: join(folder, 'val2014/a.jpg'), width: 40, height: 30, objects: [] },
        {
          ...{ id: '3', file: join(folder, 'val2014/b.jpg'), width: 20, height: 20 },
          objects: [
            { class: 0, box: [1.5, 2, 11.5, 10.25], area: 60.5 },
            { class: 1, box: [0, 0, 20, 20], area: 400, crowd: true },
          ],
        },
      ],
    });
  });

  it('passes over the objects without area that the official files have', async () => {
    const flat = { image_id: 7, category_id: 17, bbox: [9, 8, 5.5, 0], area: 0, iscrowd: 0 };
    const set = await written(all => all.annotations.push({ id: 2206849, ...flat }));
    expect(set).toEqual(await written());
    await expect(written(all => all.annotations.push({ id: 3, ...flat }))).rejects.toThrow('has no area');
  });

  const first = (all: ReturnType<typeof whole>) => all.annotations[0]!;
  it.each<[string, (all: ReturnType<typeof whole>) => unknown, string]>([
    [
      'a category that is not there',
      all => (first(all).category_id = 1),
      'annotations[0].category_id: there is no category 1',
    ],
    [
      'an image that is not there',
      all => (first(all).image_id = 1),
      'annotations[0].image_id: there is no image 1',
    ],
    [
      'an id that is there twice',
      all => (first(all).id = 2),
      'annotations[1].id: 2 is there twice, at annotations[0] first',
    ],
    ['two images of an id', all => (all.images[0]!.id = 3), 'images[1].id: 3 is there twice'],
    [
      'a box without area',
      all => (first(all).bbox = [1, 1, 0, 5]),
      'annotations[0].bbox: the box 1 1 0 5 has no area',
    ],
    ['a box outside', all => (first(all).bbox = [15, 1, 6, 5]), 'leaves the image of 20 x 20'],
    ['a box of three numbers', all => (first(all).bbox = [1, 1, 1]), 'expected [x, y, width, height]'],
    [
      'a name that leaves the folder',
      all => (all.images[0]!.file_name = '../x.jpg'),
      'images[0].file_name: expected the name of a file in val2014/',
    ],
    [
      'a picture that is not there',
      all => (all.images[1]!.file_name = 'c.jpg'),
      'c.jpg is missing, the picture of images[1] in',
    ],
    ['a size in words', all => (all.images[0]!.width = '40' as never), 'expected pixels'],
    ['half a pixel', all => (all.images[0]!.width = 40.5), 'images[0]: its size is 40.5 x 30'],
    [
      'an area in words',
      all => (first(all).area = 'x' as never),
      'annotations[0].area: expected square pixels',
    ],
    [
      'a category without a name',
      all => delete (all.categories[0] as { name?: string }).name,
      'categories[0].name',
    ],
    [
      'two categories of a name',
      all => (all.categories[1]!.name = 'dog'),
      'categories[1].name: "dog" is there twice, at categories[0] first',
    ],
    [
      'a size that is no number',
      all => (all.images[0]!.width = '\n  fix: another' as never),
      'images[0]: its size is "\\n  fix: another" x 30',
    ],
    [
      'a size that cannot be written',
      all => (all.images[0]!.width = { toString: 1 } as never),
      'images[0]: its size is {"toString":1} x 30',
    ],
    [
      'a crowd that is neither 0 nor 1',
      all => (all.annotations[0]!.iscrowd = 2),
      'annotations[0].iscrowd: it is 2',
    ],
    [
      'another category',
      all => (all.categories[1]!.name = 'lynx'),
      'categories: number 1 by id is "lynx"; expected "cat"',
    ],
    [
      'a category too few',
      all => {
        all.categories.pop();
        all.annotations.shift();
      },
      'categories: number 1 by id is "dog"; expected "cat"',
    ],
    [
      'two categories of an id',
      all => (all.categories[1]!.id = 18),
      'categories[1].id: 18 is there twice, at categories[0] first',
    ],
    ['nothing for an image', all => (all.images[0] = null as never), 'images[0].id: expected a whole number'],
    [
      'nothing for an annotation',
      all => (all.annotations[1] = null as never),
      'annotations[1].id: expected a whole number',
    ],
    ['no annotations', all => delete (all as Partial<typeof all>).annotations, 'expected a list annotations'],
  ])('with %s is refused, with its place', async (_, change, message) => {
    await expect(written(change)).rejects.toThrow(message);
  });

  it('that is missing or no JSON is refused', async () => {
    await expect(readCoco(folder, 'val2014', ['cat', 'dog'])).rejects.toThrow(
      'instances_val2014.json is missing',
    );
    writeFileSync(join(folder, 'annotations', 'instances_val2014.json'), '{');
    await expect(readCoco(folder, 'val2014', ['cat', 'dog'])).rejects.toThrow('it is no JSON');
  });

  it('has another digest with another picture', async () => {
    await written();
    const before = await cocoDigest(folder);
    writeFileSync(join(folder, 'val2014', 'c.jpg'), '');
    expect(await cocoDigest(folder)).not.toBe(before);
  });

  it('has another digest with another box of as many digits, and with a picture of another size', async () => {
    await written();
    const before = await cocoDigest(folder);
    await written(all => (first(all).bbox = [1.5, 3, 10, 8.25]));
    const moved = await cocoDigest(folder);
    await written();
    expect(await cocoDigest(folder)).toBe(before);
    writeFileSync(join(folder, 'val2014', 'a.jpg'), 'x');
    expect(new Set([before, moved, await cocoDigest(folder)]).size).toBe(3);
    writeFileSync(join(folder, 'val2014', 'a.jpg'), '');
    writeFileSync(join(folder, 'val2014', '.DS_Store'), 'x');
    expect(await cocoDigest(folder)).toBe(before);
  });
});
