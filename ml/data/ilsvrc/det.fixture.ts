import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { detClasses } from './classes.ts';

/** An object as an annotation has it: a WordNet id, and pixel indices from 0, corners included. */
export type WrittenObject = readonly [wnid: string, ...box: readonly number[]];

/** An annotation in the words of ImageNet's. */
export function detAnnotation(
  name: string,
  [width, height]: readonly number[],
  objects: readonly WrittenObject[],
): string {
  const written = objects.map(
    ([wnid, left, top, right, bottom]) =>
      `\t<object>\n\t\t<name>${wnid}</name>\n\t\t<subcategory>${wnid}</subcategory>\n\t\t<bndbox>\n\t\t\t<xmin>${left}</xmin>\n\t\t\t<xmax>${right}</xmax>\n\t\t\t<ymin>${top}</ymin>\n\t\t\t<ymax>${bottom}</ymax>\n\t\t</bndbox>\n\t</object>\n`,
  );
  return `<annotation>\n\t<folder>DET</folder>\n\t<filename>${name}</filename>\n\t<size>\n\t\t<width>${width}</width>\n\t\t<height>${height}</height>\n\t</size>\n\t<segmented>0</segmented>\n${written.join('')}</annotation>\n`;
}

/** Puts a file below a folder. */
export function writeFile(folder: string, name: string, content: string | Uint8Array): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

const [accordion, airplane, dog, person] = ['accordion', 'airplane', 'dog', 'person'].map(
  name => detClasses.find(each => each.name === name)!.wnid,
) as [string, string, string, string];

/** Images of the small set: part and name, pixels of the file and as it was shown where that differs, objects. */
const pictures: readonly {
  name: string;
  pixels: readonly [number, number];
  shown?: readonly [number, number];
  objects: readonly WrittenObject[];
}[] = [
  {
    name: 'train/ILSVRC2013_train/n02672831/n02672831_11478',
    pixels: [60, 40],
    objects: [[accordion, 0, 0, 29, 39]],
  },
  // It was shown at half its size, and rounded up.
  {
    name: 'train/ILSVRC2013_train/n02084071/n02084071_7',
    pixels: [60, 39],
    shown: [30, 20],
    objects: [[dog, 2, 3, 20, 18]],
  },
  {
    name: 'train/ILSVRC2014_train_0003/ILSVRC2014_train_00030001',
    pixels: [36, 48],
    objects: [
      [dog, 1, 1, 20, 40],
      [person, 10, 4, 36, 47],
    ],
  },
  {
    name: 'train/ILSVRC2013_train/n02691156/n02691156_3',
    pixels: [50, 50],
    objects: [[airplane, 4, 4, 9, 9]],
  },
  { name: 'val/ILSVRC2012_val_00000002', pixels: [48, 36], objects: [[person, 3, 5, 24, 30]] },
  { name: 'val/ILSVRC2013_val_00003481', pixels: [40, 40], objects: [] },
  {
    name: 'val/ILSVRC2012_val_00000005',
    pixels: [60, 40],
    objects: [
      [dog, 3, 5, 24, 30],
      [dog, 30, 5, 59, 39],
    ],
  },
  { name: 'val/ILSVRC2012_val_00000009', pixels: [36, 48], objects: [[accordion, 2, 2, 9, 9]] },
  { name: 'val/ILSVRC2013_val_00000010', pixels: [44, 30], objects: [] },
];

/** What the lists hold; those of other classes are empty. */
const lists: Readonly<Record<string, string>> = {
  train_1:
    'ILSVRC2013_train/n02672831/n02672831_11478 1\nILSVRC2013_train_extra0/ILSVRC2013_train_00000001 -1\n',
  train_2: 'ILSVRC2013_train/n02691156/n02691156_3 0\n',
  train_58: 'ILSVRC2014_train_0003/ILSVRC2014_train_00030001 1\nILSVRC2013_train/n02084071/n02084071_7 1\n',
  train_124: 'ILSVRC2014_train_0003/ILSVRC2014_train_00030001 1\n',
  val: pictures
    .filter(({ name }) => name.startsWith('val/'))
    .map(({ name }, i) => `${name.slice(4)} ${i + 1}\n`)
    .join(''),
  val1: 'ILSVRC2013_val_00003481 1\nILSVRC2012_val_00000002 2\n',
  val2: 'ILSVRC2012_val_00000005 1\nILSVRC2013_val_00000010 2\nILSVRC2012_val_00000009 3\n',
};

/** A small detection set in the layout of the archive, with the lists val1 and val2: 3 images to train on and 2, 3 to test. */
export async function writeDet(folder: string): Promise<void> {
  for (const [i, { name, pixels, shown = pixels, objects }] of pictures.entries()) {
    const [width, height] = pixels;
    const background = { r: 25 * i, g: 250 - 25 * i, b: 90 };
    const picture = await sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer();
    writeFile(folder, `Data/DET/${name}.JPEG`, picture);
    writeFile(folder, `Annotations/DET/${name}.xml`, detAnnotation(name.split('/').at(-1)!, shown, objects));
  }
  for (const list of [...detClasses.map((_, i) => `train_${i + 1}`), 'val', 'val1', 'val2'])
    writeFile(folder, `ImageSets/DET/${list}.txt`, lists[list] ?? '');
}
