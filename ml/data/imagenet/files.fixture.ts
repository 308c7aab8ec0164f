import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Classes of the small ImageNet, sorted as the index sorts them. */
export const smallClasses = ['n01440764', 'n02119789', 'n03000684'];

const metaMat = [
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFR1ZSBOb3YgMjQgMDU6MzU6NDAgMjAy',
  'NgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAApwEAAHic7ZRNT8Iw',
  'HMaLTISY4NuFRA/lzqHDhZcTS/QgiTFEDXJbllHYInSGliDfwA/gB+Uj2LIyRsMyHCYetMl/6/Nfnl/b7cmKAIBeAYAcv+d5',
  'HYBgHEqt8crIOuJF54RiRvlzDZzJ/gev9v1T9/GmivSq1b4VgJeH4B6OmT/p02hjOPLpRoNMx5bjeqP+BJNlY0OsGAQzy8Xe',
  '0GXSwia2RyxvbA8xBUXebID1eXLKeTKREqMg+8FYtITfjPi1Lf5CxH8qNUFVXW/WG03ZF5y7BE5J4Qj96jE48N8rsDsdvWEK',
  'x7Yz8ZlHBa+XwCsrvPLqJUN/AOPAkf2mf2+BHyX4geL/qXVT+zuf5p7rm+nzohsGqteMyDmS8nKucIRmmDhuBT57xLEhE9c1',
  'r5PAu1R4Qod5iQH/5ZxE932c4Nf4nzQr1zVBmnxcI4Rqje/k40LhCO24/OcIqT2rwOWUz0JeUj6uFJ7QYT5iwP/52D0fGtgn',
  'H3zodQPF7H8bJ6dwhMaEeWy+2z5OFL/QYR4kaL/vkDfVnG/zZxV/KfQvWnJiRnm/mYsvLNeCvw==',
].join('');

/** `meta.mat` as SciPy 1.17 writes it: 1 is n02119789, 2 n01440764, 3 n03000684; 4 is a synset above them. */
export function smallMeta(): Buffer {
  return Buffer.from(metaMat, 'base64');
}

/** An image of the small ImageNet: a gradient, so that every window differs from every other one. */
export interface SmallImage {
  width: number;
  height: number;
  space: 'srgb' | 'b-w' | 'cmyk';
  /** Blue of all pixels; red and green tell column and row. */
  blue: number;
}

/** Shapes and colour spaces that occur in ImageNet: wide, tall, square, grey, and CMYK. */
const shapes: SmallImage[] = [
  { width: 75, height: 50, space: 'srgb', blue: 30 },
  { width: 41, height: 60, space: 'srgb', blue: 90 },
  { width: 48, height: 48, space: 'b-w', blue: 150 },
  { width: 64, height: 37, space: 'cmyk', blue: 210 },
];

/** The bytes of a JPEG. */
export async function jpeg({ width, height, space, blue }: SmallImage): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [Math.round((255 * x) / (width - 1)), Math.round((255 * y) / (height - 1)), blue][i % 3]!;
  });
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return image.toColourspace(space).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** Writes `perClass` training images of each class in the official layout. */
export async function writeTraining(folder: string, perClass: number): Promise<void> {
  for (const [c, id] of smallClasses.entries()) {
    await mkdir(join(folder, 'train', id), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const image = await jpeg({ ...shapes[(i + c) % shapes.length]!, blue: (40 * i + 80 * c) % 256 });
      await writeFile(join(folder, 'train', id, `${id}_${i + 1}.JPEG`), image);
    }
  }
}

/** Numbers that the development kit gives the classes of the five validation images. */
const groundTruth = [2, 1, 3, 3, 1];

/** Their WordNet ids. */
export const validationIds = ['n01440764', 'n02119789', 'n03000684', 'n03000684', 'n02119789'];

/** Writes five validation images: in one folder, or in one of each class. */
export async function writeValidation(folder: string, how: 'flat' | 'per class'): Promise<void> {
  for (const [i, id] of validationIds.entries()) {
    const to = how === 'flat' ? join(folder, 'val') : join(folder, 'val', id);
    await mkdir(to, { recursive: true });
    const image = await jpeg(shapes[i % shapes.length]!);
    await writeFile(join(to, `ILSVRC2012_val_${String(i + 1).padStart(8, '0')}.JPEG`), image);
  }
}

/** Writes what is needed of the development kit. */
export async function writeDevkit(folder: string): Promise<void> {
  const data = join(folder, 'ILSVRC2012_devkit_t12', 'data');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'meta.mat'), smallMeta());
  await writeFile(join(data, 'ILSVRC2012_validation_ground_truth.txt'), `${groundTruth.join('\n')}\n`);
}
