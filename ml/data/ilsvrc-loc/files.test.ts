import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError, MissingDataError } from '../../errors.ts';
import { smallClasses, validationIds } from '../imagenet/files.fixture.ts';
import { parseObjects } from './annotation.ts';
import { annotationText, type Sides, writeLocalisation } from './files.fixture.ts';
import { annotationHome, listDigest, listLocalisation, readObjects } from './files.ts';

const wnid = 'n02119789';
const one = (sides: Sides, name = wnid) => annotationText(name, [40, 30], [sides]);

describe('an annotation', () => {
  it('is read as it was drawn: whichever corner came first, over the border too', () => {
    const side = (most: number) => fc.integer({ min: -5, max: most + 5 });
    const sides = fc.tuple(side(40), side(30), side(40), side(30)).filter(([x0, y0, x1, y1]) => {
      const within = (a: number, b: number, most: number) => Math.max(a, b) >= 1 && Math.min(a, b) <= most;
      return within(x0, x1, 40) && within(y0, y1, 30);
    });
    fc.assert(
      fc.property(fc.array(sides, { minLength: 1, maxLength: 4 }), all => {
        const read = parseObjects('a.xml', annotationText(wnid, [40, 30], all), wnid);
        expect([read.width, read.height]).toEqual([40, 30]);
        expect(read.boxes).toEqual(
          all.map(([x0, y0, x1, y1]) => [
            Math.min(x0, x1) - 1,
            Math.min(y0, y1) - 1,
            Math.max(x0, x1),
            Math.max(y0, y1),
          ]),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('may name the class in words', () => {
    const { boxes } = parseObjects('a.xml', one([1, 1, 4, 4], 'Scottish_deerhound'), wnid);
    expect(boxes).toEqual([[0, 0, 4, 4]]);
  });

  it('that is cut off anywhere is refused', () => {
    const text = one([1, 1, 4, 4]).trim();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), length => {
        expect(() => parseObjects('a.xml', text.slice(0, length), wnid)).toThrow(DataError);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['no annotation', 'PNG', 'a.xml:1  expected <annotation> ... </annotation>'],
    ['no object', annotationText(wnid, [40, 30], []), 'a.xml:1  expected an <object>; there is none'],
    [
      'an object of another class',
      one([1, 1, 4, 4], 'n01440764'),
      'a.xml:6  the object is of class "n01440764", the image of n02119789',
    ],
    ['an object of no class', one([1, 1, 4, 4], ' '), 'a.xml:6  the object is of class ""'],
    [
      'a box right of the image',
      one([41, 1, 50, 4]),
      'a.xml:7  the box 41 1 50 4 lies outside of the image of 40 x 30',
    ],
    ['a box above the image', one([1, -3, 5, 0]), 'lies outside of the image'],
    ['no number', one([1, 1, 4, 4]).replace('<ymax>4', '<ymax>four'), '<ymax> is "four"; expected a number'],
    ['a huge number', one([1, 1, 4, 4]).replace('<ymax>4', '<ymax>1e9'), 'expected a number'],
    ['no size', one([1, 1, 4, 4]).replace(/<size>.*<\/size>/, ''), 'a.xml:1  expected <size> here'],
    ['no pixels', one([1, 1, 4, 4]).replace('<width>40', '<width>0'), 'a.xml:4  <size> is 0 x 30'],
    ['half a pixel', one([1, 1, 4, 4]).replace('<width>40', '<width>40.5'), 'expected pixels'],
    ['an object without a box', one([1, 1, 4, 4]).replaceAll('bndbox', 'box'), 'expected <bndbox> here'],
    ['an entity', `<!DOCTYPE a [<!ENTITY b "c">]>${one([1, 1, 4, 4])}`, 'is no tag'],
  ])('with %s is refused, with file and line', (_, text, message) => {
    expect(() => parseObjects('a.xml', text, wnid)).toThrow(DataError);
    expect(() => parseObjects('a.xml', text, wnid)).toThrow(message);
  });
});

describe('the localisation set', () => {
  let folder: string;
  let list: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-loc-'));
    await writeLocalisation(folder, 3);
    list = join(folder, 'ILSVRC', 'ImageSets', 'CLS-LOC', 'train_loc.txt');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  };

  it('has the training images with boxes in the order of their list, and all validation images by name', async () => {
    const lines = readFileSync(list, 'utf8').trim().split('\n').reverse();
    writeFileSync(list, `${lines.join('\r\n')}\n\n`);
    const train = await listLocalisation(folder, 'train', 3);
    expect(train.count).toBe(6);
    const names = Array.from({ length: 6 }, (_, i) => train.name(i));
    expect(names).toEqual(lines.map(line => `${line.split('/')[1]!.split(' ')[0]}.JPEG`));
    expect([...train.labels]).toEqual([2, 2, 1, 1, 0, 0]);
    expect(train.file(0)).toContain(join('train', smallClasses[2]!, names[0]!));
    const val = await listLocalisation(folder, 'val', 3);
    expect([...val.labels].map(label => val.classes[label])).toEqual(validationIds);
    const objects = await readObjects(val, 5);
    expect(objects.extent(0)).toEqual([150, 100]);
    expect([0, 1].map(i => objects.boxes(i).length)).toEqual([2, 1]);
    expect(objects.boxes(0)[1]).toEqual([0, 0, 38, 25]);
  });

  it('is found beside train/ and val/ too', async () => {
    for (const [from, to] of [
      ['Annotations', 'Annotations'],
      ['ImageSets', 'ImageSets'],
      [join('Data', 'CLS-LOC', 'train'), 'train'],
      [join('Data', 'CLS-LOC', 'val'), 'val'],
    ] as const)
      renameSync(join(folder, 'ILSVRC', from), join(folder, to));
    expect(await annotationHome(folder)).toBe(folder);
    expect((await listLocalisation(folder, 'train', 3)).count).toBe(6);
  });

  it('has another digest when a picture or an annotation has another size, or is not listed', async () => {
    const digest = async () => listDigest(await listLocalisation(folder, 'train', 3));
    const before = await digest();
    expect(await digest()).toBe(before);
    const train = await listLocalisation(folder, 'train', 3);
    appendFileSync(train.annotation(2), ' ');
    const second = await digest();
    appendFileSync(train.file(3), ' ');
    const third = await digest();
    writeFileSync(list, readFileSync(list, 'utf8').split('\n').slice(1).join('\n'));
    expect(new Set([before, second, third, await digest()]).size).toBe(4);
  });

  it.each([
    [
      'what is no name',
      '../../etc/passwd 1',
      'train_loc.txt:1  "../../etc/passwd 1" is not the name of an image',
    ],
    [
      'an image that is not there',
      `${smallClasses[0]}/${smallClasses[0]}_9 1`,
      `train_loc.txt:1  there is no image ${smallClasses[0]}_9 of class ${smallClasses[0]} among the 9`,
    ],
    [
      'an image of another class',
      `${smallClasses[1]}/${smallClasses[0]}_1 1`,
      `there is no image ${smallClasses[0]}_1 of class ${smallClasses[1]}`,
    ],
    [
      'an image twice',
      [1, 2, 1].map(i => `${smallClasses[0]}/${smallClasses[0]}_${i}`).join('\n'),
      `train_loc.txt:3  the image ${smallClasses[0]}_1 is listed twice, in line 1 first`,
    ],
    ['nothing', '\n', 'train_loc.txt:1  no image is listed'],
  ])('whose list has %s is refused', async (_, text, message) => {
    writeFileSync(list, text);
    const error = await failure(listLocalisation(folder, 'train', 3));
    expect(error.message).toContain(message);
  });

  it('that lacks a file is refused, with what was expected', async () => {
    const val = await listLocalisation(folder, 'val', 3);
    rmSync(val.annotation(3));
    for (const work of [listDigest(val), readObjects(val, 5)]) {
      const error = await failure(work);
      expect(error).toBeInstanceOf(MissingDataError);
      expect(error.message).toMatch(/ILSVRC2012_val_00000004\.xml is missing\. ImageNet's localisation set/);
    }
    await expect(readObjects(val, 3)).resolves.toBeDefined();
    rmSync(list);
    expect((await failure(listLocalisation(folder, 'train', 3))).message).toContain(
      'train_loc.txt is missing',
    );
    rmSync(join(folder, 'ILSVRC', 'Annotations'), { recursive: true });
    const { message, fix } = await failure(listLocalisation(folder, 'val', 3));
    expect(message).toContain('Annotations/CLS-LOC does not exist');
    expect(fix).toContain('RESIDUALS_IMAGENET');
  });

  it('whose annotation is of another class than its picture, or empty, is refused', async () => {
    const train = await listLocalisation(folder, 'train', 3);
    writeFileSync(train.annotation(1), annotationText(smallClasses[2]!, [40, 30], [[1, 1, 4, 4]]));
    expect((await failure(readObjects(train, 6))).message).toContain(`the image of ${smallClasses[0]}`);
    const text = annotationText(smallClasses[0]!, [40, 30], [[1, 1, 4, 4]]);
    writeFileSync(train.annotation(1), text.repeat(2));
    expect((await failure(readObjects(train, 6))).message).toContain('a second <annotation>');
    writeFileSync(train.annotation(1), '');
    expect((await failure(listDigest(train))).message).toContain('is empty');
  });
});
