import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../../errors.ts';
import { parseDetAnnotation } from '../voc/annotation.ts';
import { detClasses } from './classes.ts';
import { detAnnotation, type WrittenObject, writeDet, writeFile } from './det.fixture.ts';
import { detDigest, readDet } from './files.ts';

const wnids = detClasses.map(({ wnid }) => wnid);
const parse = (text: string) => parseDetAnnotation('a.xml', text, wnids);

it('there are 200 classes, each with an id and a name of its own', () => {
  expect(new Set(wnids).size).toBe(200);
  expect(new Set(detClasses.map(({ name }) => name)).size).toBe(200);
  for (const { wnid, name } of detClasses) {
    expect(wnid).toMatch(/^n\d{8}$/);
    expect(name).toMatch(/^[A-Za-z][A-Za-z -]+$/);
  }
  const known = {
    1: 'n02672831 accordion',
    58: 'n02084071 dog',
    124: 'n00007846 person',
    200: 'n02391049 zebra',
  };
  for (const [id, entry] of Object.entries(known)) {
    const { wnid, name } = detClasses[Number(id) - 1]!;
    expect(`${wnid} ${name}`).toBe(entry);
  }
});

describe('an annotation', () => {
  it('has pixel indices from 0, corners included, in an image of any size', () => {
    const side = fc.integer({ min: 1, max: 500 });
    const written = fc.tuple(side, side).chain(([width, height]) => {
      const [x, y] = [fc.integer({ min: 0, max: width - 1 }), fc.integer({ min: 0, max: height - 1 })];
      const object = fc
        .tuple(fc.integer({ min: 0, max: 199 }), x, y, x, y)
        .map(
          ([own, a, b, c, d]) =>
            [wnids[own]!, Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)] as const,
        );
      return fc.record({ size: fc.constant([width, height]), objects: fc.array(object, { maxLength: 4 }) });
    });
    fc.assert(
      fc.property(written, ({ size, objects }) => {
        const expected = objects.map(([wnid, left, top, right, bottom]) => {
          return { class: wnids.indexOf(wnid), box: [left, top, right + 1, bottom + 1] };
        });
        const [width, height] = size;
        expect(parse(detAnnotation('a', size, objects))).toEqual({ width, height, objects: expected });
      }),
      { numRuns: 50 },
    );
  });

  it('ends boxes that leave the image at its edge', () => {
    const boxes: [number[], number[]][] = [
      [
        [10, 10, 60, 40],
        [10, 10, 60, 40],
      ],
      [
        [-5, -1, 3, 700],
        [0, 0, 4, 40],
      ],
      [
        [59, 39, 90, 90],
        [59, 39, 60, 40],
      ],
    ];
    for (const [given, kept] of boxes)
      expect(parse(detAnnotation('a', [60, 40], [[wnids[0]!, ...given]])).objects[0]!.box).toEqual(kept);
  });

  it('names no picture that is looked at, and knows no difficult objects: its development kit does not', () => {
    const text = detAnnotation('%s', [60, 40], [[wnids[0]!, 1, 2, 3, 4]]);
    const difficult = text.replace('<bndbox>', '<difficult>1</difficult><bndbox>');
    expect(parse(difficult).objects).toEqual([{ class: 0, box: [1, 2, 4, 5] }]);
  });

  const dog: WrittenObject = ['n02084071', 3, 5, 24, 30];
  const good = detAnnotation('a', [60, 40], [dog]);
  it.each([
    [
      'an unknown WordNet id',
      good.replace('n02084071', 'n02085620'),
      'a.xml:10  the class "n02085620" is not',
    ],
    ['a name as a class', good.replace('n02084071', 'dog'), 'a.xml:10  the class "dog" is not among the 200'],
    ['a box outside', detAnnotation('a', [60, 40], [[dog[0], 60, 5, 70, 30]]), 'leaves the image of 60 x 40'],
    [
      'a box inside out',
      detAnnotation('a', [60, 40], [[dog[0], 9, 5, 8, 30]]),
      'the box 9 5 8 30 has no area',
    ],
    ['no size', good.replace(/<size>[\s\S]*<\/size>/, ''), 'a.xml:1  expected <size> here'],
    ['half an object', good.replace('</object>', ''), '</annotation> ends <object>'],
    ['nothing in it', '', 'a.xml:1  expected <annotation>'],
  ])('with %s is refused, with file and line', (_, text, message) => {
    expect(() => parse(text)).toThrow(DataError);
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('ImageSets/DET') }),
    );
  });
});

describe('a detection set', () => {
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-det-'));
    await writeDet(folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const list = (name: string) => `ImageSets/DET/${name}.txt`;
  const remove = (name: string) => rmSync(join(folder, name), { recursive: true });

  it('gives the images that have all of a class annotated, once each, then those of val1', async () => {
    const { classes, images } = await readDet(folder, ['train', 'val1']);
    expect([classes.length, classes[57]]).toEqual([200, 'dog']);
    expect(images.map(({ id, objects }) => [id, objects.map(each => classes[each.class])])).toEqual([
      ['ILSVRC2013_train/n02672831/n02672831_11478', ['accordion']],
      ['ILSVRC2014_train_0003/ILSVRC2014_train_00030001', ['dog', 'person']],
      ['ILSVRC2013_train/n02084071/n02084071_7', ['dog']],
      ['ILSVRC2013_val_00003481', []],
      ['ILSVRC2012_val_00000002', ['person']],
    ]);
    expect(images[0]!.file).toBe(
      join(folder, 'Data/DET/train/ILSVRC2013_train/n02672831/n02672831_11478.JPEG'),
    );
    expect((await readDet(folder, ['val'])).images).toHaveLength(5);
  });

  it('lacks the halves of the validation images as it comes: it is said where they come from', async () => {
    for (const name of ['val1', 'val2']) {
      const text = readFileSync(join(folder, list(name)));
      remove(list(name));
      const message = new RegExp(
        `${name}\\.txt is missing: the half .* code of R-CNN .*ilsvrc13/${name}\\.txt\\.tgz.*"ILSVRC2012_val_00010706 1"$`,
      );
      for (const read of [() => readDet(folder, [name]), () => detDigest(folder)]) {
        const failing = read();
        await expect(failing).rejects.toThrow(message);
        await expect(failing).rejects.toThrow(
          expect.objectContaining({ fix: 'put it there, beside val.txt' }),
        );
      }
      writeFile(folder, list(name), text);
    }
  });

  it.each([
    [
      'a list of a class missing',
      () => remove(list('train_77')),
      'train_77.txt is missing: it is one of the lists',
    ],
    [
      'an image listed twice',
      () => writeFile(folder, list('val2'), 'ILSVRC2012_val_00000005 1\n\nILSVRC2012_val_00000005 2\n'),
      'val2.txt:3  the image ILSVRC2012_val_00000005 is listed twice, in line 1 first',
    ],
    [
      'a name that leaves the folder',
      () => writeFile(folder, list('val2'), '../../secret 1\n'),
      'val2.txt:1  "../../secret" is not the name of an image',
    ],
    [
      'no label beside a training image',
      () => writeFile(folder, list('train_3'), 'ILSVRC2013_train/n02219486/n02219486_1\n'),
      'train_3.txt:1  "ILSVRC2013_train/n02219486/n02219486_1": expected an image and 1, 0 or -1',
    ],
    [
      'a picture missing',
      () => remove('Data/DET/val/ILSVRC2012_val_00000009.JPEG'),
      /ILSVRC2012_val_00000009\.JPEG is missing, the picture of .*ILSVRC2012_val_00000009\.xml/,
    ],
    [
      'an annotation missing',
      () => remove('Annotations/DET/val/ILSVRC2012_val_00000009.xml'),
      'ILSVRC2012_val_00000009.xml is missing',
    ],
    [
      'a folder of pictures missing',
      () => remove('Data/DET/train/ILSVRC2014_train_0003'),
      'ILSVRC2014_train_0003 is missing',
    ],
    [
      'a broken annotation',
      () => writeFile(folder, 'Annotations/DET/val/ILSVRC2012_val_00000009.xml', '<annotation>'),
      'ILSVRC2012_val_00000009.xml:1  <annotation> does not end',
    ],
  ])('with %s is refused', async (_, spoil, message) => {
    spoil();
    const failing = readDet(folder, ['train', 'val2']);
    await expect(failing).rejects.toThrow(DataError);
    await expect(failing).rejects.toThrow(message);
  });

  it('has the sets that it has', async () => {
    for (const set of ['test', 'constructor', '2007 trainval'])
      await expect(readDet(folder, [set])).rejects.toThrow(`the image set "${set}" is none of ILSVRC`);
  });

  it('has another digest when a file has another size or name, and none when one is empty', async () => {
    const digest = await detDigest(folder);
    expect(await detDigest(folder)).toBe(digest);
    const deep = 'ILSVRC2013_train/n02691156/n02691156_3';
    const changes = [list('train_9'), `Annotations/DET/train/${deep}.xml`, 'Data/DET/val/more.JPEG'];
    const seen = [digest];
    for (const name of changes) {
      writeFile(folder, name, 'longer than before, or new');
      seen.push(await detDigest(folder));
    }
    expect(new Set(seen).size).toBe(1 + changes.length);
    writeFile(folder, 'Data/DET/val/Thumbs.db', 'not of the set');
    expect(await detDigest(folder)).toBe(seen.at(-1));
    writeFile(folder, `Data/DET/train/${deep}.JPEG`, '');
    await expect(detDigest(folder)).rejects.toThrow('n02691156_3.JPEG is empty');
  });
});
