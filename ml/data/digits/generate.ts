import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cifar10Files, cifar10Layout } from '../cifar10/files.ts';
import { type Canvas, drawCanvas, drawCrop, type Material, type Split, type Variant } from './canvas.ts';

/** Names of the digits, as classes are called. */
export const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Material of both splits. */
export type Materials = Readonly<Record<Split, Material>>;

/** Writes the crops that classifiers are trained on, in the layout of CIFAR-10: 50,000 and 10,000. */
export async function writeCrops(folder: string, materials: Materials, withBoxes = false): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { recordBytes, recordsPerFile } = cifar10Layout;
  for (const [file, { name }] of cifar10Files.entries()) {
    const split = file < 5 ? 'train' : 'test';
    const bytes = new Uint8Array(recordBytes * recordsPerFile);
    const boxes = new Uint8Array(4 * recordsPerFile);
    for (let i = 0; i < recordsPerFile; i++) {
      const index = split === 'train' ? file * recordsPerFile + i : i;
      const { pixels, label, box } = drawCrop(split, index, materials[split]);
      bytes[i * recordBytes] = label;
      bytes.set(pixels, i * recordBytes + 1);
      boxes.set(box, 4 * i);
    }
    await writeFile(join(folder, name), bytes);
    if (withBoxes) await writeFile(join(folder, boxesOf(name)), boxes);
  }
}

/** The file with the boxes of the digits in a file of crops: four bytes each, left, top, right and bottom. */
export function boxesOf(name: string): string {
  return name.replace(/\.bin$/, '.boxes.bin');
}

/** An image set of a development kit, and the first of its canvases. */
interface KitSet {
  year: number;
  name: string;
  split: Split;
  first: number;
  count: number;
}

/** Image sets in the proportions of PASCAL VOC. */
const vocSets: readonly KitSet[] = [
  { year: 2007, name: 'trainval', split: 'train', first: 0, count: 1200 },
  { year: 2012, name: 'trainval', split: 'train', first: 1200, count: 2800 },
  { year: 2007, name: 'test', split: 'test', first: 0, count: 1200 },
  { year: 2012, name: 'test', split: 'test', first: 1200, count: 1200 },
];

/** Those that stand for ImageNet's detection set: train and val1, and val2. */
const detSets: readonly KitSet[] = [
  { year: 2015, name: 'trainval1', split: 'train', first: 0, count: 3000 },
  { year: 2015, name: 'val2', split: 'test', first: 0, count: 1000 },
];

/** Writes canvases as a VOC development kit. Pictures are PNG files: JPEG would change them. */
export function writeVoc(folder: string, materials: Materials): Promise<void> {
  return writeKit(folder, 'voc', vocSets, materials);
}

/** Writes canvases with fewer digits in the same layout. */
export function writeDet(folder: string, materials: Materials): Promise<void> {
  return writeKit(folder, 'det', detSets, materials);
}

/** Image sets in the proportions of COCO. */
const cocoSets = [
  { name: 'train2014', split: 'train', count: 4000 },
  { name: 'val2014', split: 'test', count: 1000 },
] as const;

/** Writes canvases with more and smaller digits in the layout of COCO. */
export async function writeCoco(folder: string, materials: Materials): Promise<void> {
  await mkdir(join(folder, 'annotations'), { recursive: true });
  for (const { name, split, count } of cocoSets) {
    await mkdir(join(folder, name), { recursive: true });
    const canvases: Canvas[] = [];
    await each(Array.from({ length: count }), async (_, i) => {
      const canvas = drawCanvas('coco' satisfies Variant, split, i, materials[split]);
      canvases[i] = { ...canvas, pixels: new Uint8Array(0) };
      await writePicture(join(folder, name, `${number(i + 1)}.png`), canvas);
    });
    await writeFile(join(folder, 'annotations', `instances_${name}.json`), instances(canvases));
  }
}

async function writeKit(
  folder: string,
  variant: Variant,
  sets: readonly KitSet[],
  materials: Materials,
): Promise<void> {
  for (const { year, name, split, first, count } of sets) {
    const part = join(folder, `VOC${year}`);
    for (const inner of ['Annotations', 'JPEGImages', 'ImageSets/Main'])
      await mkdir(join(part, inner), { recursive: true });
    const ids = Array.from({ length: count }, (_, i) => `${split === 'train' ? 0 : 1}${number(first + i)}`);
    await writeFile(join(part, 'ImageSets/Main', `${name}.txt`), ids.map(id => `${id}\n`).join(''));
    await each(ids, async (id, i) => {
      const canvas = drawCanvas(variant, split, first + i, materials[split]);
      await writePicture(join(part, 'JPEGImages', `${id}.png`), canvas);
      await writeFile(join(part, 'Annotations', `${id}.xml`), annotation(`VOC${year}`, `${id}.png`, canvas));
    });
  }
}

/** Files that are written at a time. */
const together = 16;

async function each<T>(items: readonly T[], write: (item: T, index: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < items.length; first += together)
    await Promise.all(items.slice(first, first + together).map((item, i) => write(item, first + i)));
}

async function writePicture(file: string, { size, pixels }: Canvas): Promise<void> {
  const { default: sharp } = await import('sharp');
  const plane = size * size;
  const interleaved = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++)
    for (let channel = 0; channel < 3; channel++) interleaved[3 * i + channel] = pixels[channel * plane + i]!;
  await sharp(interleaved, { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toFile(file);
}

function annotation(folder: string, filename: string, { size, objects }: Canvas): string {
  const boxes = objects.map(
    ({ digit, box: [left, top, right, bottom] }) =>
      `\t<object>\n\t\t<name>${digitNames[digit]}</name>\n\t\t<difficult>0</difficult>\n\t\t<bndbox><xmin>${left + 1}</xmin><ymin>${top + 1}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax></bndbox>\n\t</object>\n`,
  );
  return `<annotation>\n\t<folder>${folder}</folder>\n\t<filename>${filename}</filename>\n\t<size><width>${size}</width><height>${size}</height><depth>3</depth></size>\n${boxes.join('')}</annotation>\n`;
}

function instances(canvases: readonly Canvas[]): string {
  const images = canvases.map(({ size }, i) => ({
    ...{ id: i + 1, file_name: `${number(i + 1)}.png`, width: size, height: size },
  }));
  const annotations = canvases.flatMap(({ objects }, i) =>
    objects.map(({ digit, box: [left, top, right, bottom] }) => ({
      image_id: i + 1,
      category_id: digit + 1,
      bbox: [left, top, right - left, bottom - top],
      area: (right - left) * (bottom - top),
      iscrowd: 0,
    })),
  );
  const categories = digitNames.map((name, digit) => ({ id: digit + 1, name }));
  const numbered = annotations.map((each, i) => ({ id: i + 1, ...each }));
  return JSON.stringify({ images, annotations: numbered, categories });
}

function number(index: number): string {
  return String(index).padStart(5, '0');
}
