import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../../errors.ts';
import type { AnnotatedObject } from '../annotated.ts';
import { parseAnnotation } from './annotation.ts';
import { readVoc, vocDigest } from './files.ts';

const classes = ['cat', 'dog'];
const objectOf = ({ class: own, box: [left, top, right, bottom], difficult }: AnnotatedObject) =>
  `<object><name>${classes[own]}</name><difficult>${difficult ? 1 : 0}</difficult><bndbox><xmin>${left + 1}</xmin><ymin>${top + 1}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox></object>`;
const annotation = (objects: readonly string[], filename = '1.jpg') =>
  `<annotation>\n<filename>${filename}</filename>\n<size><width>40</width><height>30</height></size>\n${objects.join('\n')}\n</annotation>\n`;
const cat = objectOf({ class: 0, box: [0, 0, 10, 20] });

describe('an annotation', () => {
  it('is read as it was written', () => {
    const object = fc
      .record({
        class: fc.integer({ min: 0, max: 1 }),
        left: fc.integer({ min: 0, max: 38 }),
        top: fc.integer({ min: 0, max: 28 }),
        wide: fc.integer({ min: 1, max: 40 }),
        high: fc.integer({ min: 1, max: 30 }),
        difficult: fc.boolean(),
      })
      .map(({ class: own, left, top, wide, high, difficult }): AnnotatedObject => {
        const box = [left, top, Math.min(40, left + wide), Math.min(30, top + high)] as const;
        return { class: own, box, ...(difficult && { difficult: true }) };
      });
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), objects => {
        const read = parseAnnotation('a.xml', annotation(objects.map(objectOf)), classes);
        expect(read).toEqual({ filename: '1.jpg', width: 40, height: 30, objects });
      }),
      { numRuns: 50 },
    );
  });

  it('passes over parts of objects, and what it does not know', () => {
    const part =
      '<part><name>head</name><bndbox><xmin>900</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>';
    const text = annotation([cat.replace('</object>', `${part}<pose>Left</pose></object>`)]);
    expect(parseAnnotation('a.xml', text, classes).objects).toEqual([{ class: 0, box: [0, 0, 10, 20] }]);
    const before = annotation([cat.replace('<bndbox>', `${part}<bndbox>`)]);
    expect(parseAnnotation('a.xml', before, classes).objects).toEqual([{ class: 0, box: [0, 0, 10, 20] }]);
    const first = annotation([
      cat.replace('<name>', `${part}<name>`).replace('</object>', `${part}</object>`),
    ]);
    expect(parseAnnotation('a.xml', first, classes).objects).toEqual([{ class: 0, box: [0, 0, 10, 20] }]);
  });

  it('may have white space, attributes, comments and any order', () => {
    const spaced = cat.replace('<object>', '<object\n id="1" >').replace('>1</xmin>', '>\n 1 </xmin>');
    const text = `<?xml version="1.0"?>\r\n${annotation(['<segmented/>', `<!-- ${cat} -->`, spaced])}`;
    const turned = text.replace(/(<filename>.*?<\/filename>)([\s\S]*)(<\/annotation>)/, '$2$1$3');
    for (const each of [text, turned])
      expect(parseAnnotation('a.xml', each, classes)).toMatchObject({
        filename: '1.jpg',
        objects: [{ class: 0, box: [0, 0, 10, 20] }],
      });
  });

  it('that is cut off anywhere is refused', () => {
    const text = annotation([cat, cat]).trim();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), length => {
        expect(() => parseAnnotation('a.xml', text.slice(0, length), classes)).toThrow(DataError);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['no annotation', 'PNG', 'a.xml:1  expected <annotation> ... </annotation>'],
    ['no size', annotation([]).replace(/<size>.*<\/size>/, ''), 'a.xml:1  expected <size> here'],
    [
      'an unknown class',
      annotation([cat.replace('cat', 'cow')]),
      'a.xml:4  the class "cow" is not among the 2: cat, dog',
    ],
    [
      'a box outside',
      annotation([cat.replace('<xmax>10', '<xmax>41')]),
      'a.xml:4  the box 1 1 41 20 leaves the image of 40 x 30',
    ],
    ['a box before the first pixel', annotation([cat.replace('<xmin>1', '<xmin>0')]), 'leaves the image'],
    ['a box inside out', annotation([cat.replace('<ymax>20', '<ymax>0')]), 'the box 1 1 10 0 has no area'],
    [
      'a second box of an object',
      annotation([cat.replace('</object>', '<bndbox><xmin>2</xmin></bndbox></object>')]),
      'a.xml:4  a second <bndbox>, expected one',
    ],
    [
      'a second class',
      annotation([cat.replace('</object>', '<name>dog</name></object>')]),
      'a second <name>',
    ],
    ['a second annotation', annotation([cat]).repeat(2), 'a second <annotation>, expected one'],
    ['no number', annotation([cat.replace('<xmin>1', '<xmin>one')]), '<xmin> is "one"; expected a number'],
    ['a huge number', annotation([cat.replace('<xmax>10', '<xmax>1e999')]), 'expected a number'],
    [
      'a name that leaves the folder',
      annotation([], '../../etc/passwd'),
      'expected the name of a file in JPEGImages/',
    ],
    ['a name that is hidden', annotation([], '.jpg'), 'expected the name of a file'],
    ['an object without a box', annotation([cat.replaceAll('bndbox', 'box')]), 'expected <bndbox> here'],
    [
      'a box that does not end',
      annotation([cat.replace('</bndbox>', '')]),
      'a.xml:4  </object> ends <bndbox>',
    ],
    [
      'a first object that does not end',
      annotation([cat.replace('</object>', ''), cat]),
      'a.xml:6  </annotation> ends <object>',
    ],
    [
      'a last object that does not end',
      annotation([cat, cat.replace('</object>', '')]),
      'a.xml:6  </annotation> ends <object>',
    ],
    ['no end', annotation([cat]).replace('</annotation>', ''), 'a.xml:1  <annotation> does not end'],
    ['an end too many', `${annotation([cat])}</object>`, 'a.xml:6  </object> ends what has not begun'],
    ['half a tag', annotation([cat, '<object']), 'a.xml:5  "<object'],
    ['half a comment', annotation(['<!-- ', cat]), 'a.xml:4  the comment does not end'],
    ['entities', `<!DOCTYPE a [<!ENTITY b "c">]>${annotation([cat])}`, 'is no tag'],
    ['an entity as a class', annotation([cat.replace('cat', '&cat;')]), 'the class "&cat;" is not among'],
    ['no pixels', annotation([]).replace('<width>40', '<width>0'), '<size> is 0 x 30; expected pixels'],
    ['half a pixel', annotation([]).replace('<width>40', '<width>40.5'), 'expected pixels'],
    ['a number in other digits', annotation([]).replace('<width>40', '<width>0x28'), 'expected a number'],
  ])('with %s is refused, with file and line', (_, text, message) => {
    expect(() => parseAnnotation('a.xml', text, classes)).toThrow(DataError);
    expect(() => parseAnnotation('a.xml', text, classes)).toThrow(message);
  });
});

describe('a development kit', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-voc-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const kit = () => {
    write('VOC2007/ImageSets/Main/trainval.txt', '000002  1\n000001 -1\n');
    write('VOC2007/Annotations/000001.xml', annotation([], '000001.jpg'));
    write('VOC2007/Annotations/000002.xml', annotation([cat], '000002.jpg'));
    write('VOC2012/ImageSets/Main/trainval.txt', '2008_000003\n\n');
    write('VOC2012/Annotations/2008_000003.xml', annotation([cat, cat], '2008_000003.jpg'));
    for (const name of ['VOC2007/JPEGImages/000001.jpg', 'VOC2007/JPEGImages/000002.jpg']) write(name, 'x');
    write('VOC2012/JPEGImages/2008_000003.jpg', 'x');
  };

  it('gives the images of its sets in their order, those without objects too', async () => {
    kit();
    const { images } = await readVoc(folder, ['2007 trainval', '2012 trainval'], classes);
    expect(images.map(({ id, objects }) => [id, objects.length])).toEqual([
      ['000002', 1],
      ['000001', 0],
      ['2008_000003', 2],
    ]);
    expect(images[0]!.file).toBe(join(folder, 'VOC2007/JPEGImages/000002.jpg'));
  });

  it('that lacks a file, or lists an image twice, is refused', async () => {
    await expect(readVoc(folder, ['2007 trainval'], classes)).rejects.toThrow('trainval.txt is missing');
    kit();
    write('VOC2007/ImageSets/Main/trainval.txt', '000001\n000002\n000001\n');
    const twice = 'trainval.txt:3  the image 000001 is listed twice, in line 1 first';
    await expect(readVoc(folder, ['2007 trainval'], classes)).rejects.toThrow(twice);
    write('VOC2007/ImageSets/Main/trainval.txt', '../../secret\n');
    await expect(readVoc(folder, ['2007 trainval'], classes)).rejects.toThrow('is not the name of an image');
    write('VOC2007/ImageSets/Main/trainval.txt', '000009\n');
    await expect(readVoc(folder, ['2007 trainval'], classes)).rejects.toThrow('000009.xml is missing');
    await expect(readVoc(folder, ['trainval'], classes)).rejects.toThrow('none of VOC');
    rmSync(join(folder, 'VOC2012/JPEGImages/2008_000003.jpg'));
    await expect(readVoc(folder, ['2012 trainval'], classes)).rejects.toThrow('2008_000003.jpg is missing');
  });

  it('has another digest with another byte of what is read, or another size or name of a picture', async () => {
    await expect(vocDigest(folder)).rejects.toThrow('holds no VOC2007/ or VOC2012/');
    kit();
    const before = await vocDigest(folder);
    expect(await vocDigest(folder)).toBe(before);
    const moved = objectOf({ class: 0, box: [0, 0, 11, 20] });
    const others = [
      () => write('VOC2007/JPEGImages/000001.jpg', 'xy'),
      () => write('VOC2007/Annotations/000002.xml', annotation([moved], '000002.jpg')),
      () => write('VOC2007/ImageSets/Main/trainval.txt', '000001  1\n000002 -1\n'),
      () => write('VOC2012/JPEGImages/2008_000004.jpg', ''),
      () => rmSync(join(folder, 'VOC2012/Annotations/2008_000003.xml')),
    ];
    const digests = [before];
    for (const change of others) {
      change();
      digests.push(await vocDigest(folder));
      kit();
    }
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('has the same digest with files that are not read', async () => {
    kit();
    const before = await vocDigest(folder);
    for (const name of ['Annotations/.DS_Store', 'JPEGImages/.DS_Store', 'ImageSets/Main/notes.md'])
      write(`VOC2007/${name}`, 'x');
    expect(await vocDigest(folder)).toBe(before);
  });

  it('with an annotation that cannot be read has no digest, and it is named', async () => {
    kit();
    rmSync(join(folder, 'VOC2007/Annotations/000001.xml'));
    mkdirSync(join(folder, 'VOC2007/Annotations/000001.xml'));
    await expect(vocDigest(folder)).rejects.toThrow('000001.xml: cannot be read');
  });
});
