import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import { unreadable } from '../system.ts';
import { labelSources, listedClasses, validationLabels, wnid } from './labels.ts';

/** Images of ILSVRC 2012 (sec. 4.1): 1.28 million for training, 50,000 for validation, 1000 classes. */
export const imageNetSize = { train: 1_281_167, val: 50_000, classes: 1000 } as const;

/** The images of one part of ImageNet, in the order of their names; none of them is in memory. */
export interface ImageNetIndex {
  count: number;
  /** WordNet ids, sorted: a class is its place here. */
  classes: readonly string[];
  labels: Uint16Array;
  /** Path of an image. */
  file(image: number): string;
  /** SHA-256 of names, sizes in bytes and classes of all images. It is not one of their pixels. */
  digest: string;
}

/**
 * Lists the training or validation images of a folder in the official layout, or in that of Kaggle's archive. Fails with
 * a `DataError` that says what was expected when something is missing, or when there are not `classes` classes.
 */
export async function indexImageNet(
  folder: string,
  part: 'train' | 'val',
  classes: number = imageNetSize.classes,
): Promise<ImageNetIndex> {
  const images = (await subfolder(folder, part)) ?? (await subfolder(join(folder, kaggle), part));
  if (!images) throw incomplete(`${join(folder, part)} does not exist`);
  const known = await classNames(folder, images, classes);
  const nested = (await classFolders(images)) !== null;
  const entries = nested ? await listNested(images) : await listFlat(folder, images);
  if (entries.length === 0) throw incomplete(`${images} holds no images`);
  entries.sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  const places = new Map(known.map((id, place) => [id, place]));
  const labels = Uint16Array.from(entries, ({ id, name }) => {
    const place = places.get(id);
    if (place === undefined) throw incomplete(`${name} is of class ${id}, which is not among the ${classes}`);
    return place;
  });
  const names = entries.map(({ name }) => name);
  const file = (image: number) =>
    nested ? join(images, known[labels[image]!]!, names[image]!) : join(images, names[image]!);
  return { count: names.length, classes: known, labels, file, digest: await digestOf(entries, file) };
}

const kaggle = join('ILSVRC', 'Data', 'CLS-LOC');
const isImage = /^[^.].*\.jpe?g$/i;
const validationName = /^ILSVRC2012_val_(\d{8})\.jpe?g$/i;

const layout = [
  '  train/<WordNet id>/*.JPEG',
  '  val/<WordNet id>/*.JPEG, or val/ILSVRC2012_val_00000001.JPEG ... and one of',
  ...labelSources.map(source => `    ${source}`),
  '(for an evaluation the part train/ may be missing if a list of the classes is there: LOC_synset_mapping.txt,',
  'synset_words.txt, the development kit, or all of them as folders of val/)',
];

interface Entry {
  /** File name: unique in ImageNet, so that the order does not depend on the layout. */
  name: string;
  /** WordNet id of its class. */
  id: string;
}

async function subfolder(folder: string, part: string): Promise<string | null> {
  const path = join(folder, part);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw unreadable(path, error);
  });
  return found?.isDirectory() ? path : null;
}

/** The classes by name: of a list, else of the folders of the training images, else of this part's folders. */
async function classNames(folder: string, images: string, expected: number): Promise<string[]> {
  const train = join(images, '..', 'train');
  const names =
    (await listedClasses(folder)) ?? (await classFolders(train)) ?? (await classFolders(images)) ?? [];
  if (names.length === expected) return names;
  throw incomplete(`${expected} classes were expected in ${folder}, and there are ${names.length}`);
}

async function classFolders(folder: string): Promise<string[] | null> {
  const names = (await readdir(folder).catch((): string[] => [])).filter(name => wnid.test(name));
  return names.length > 0 ? names.sort() : null;
}

async function listNested(images: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const id of (await classFolders(images)) ?? []) {
    for (const name of await listed(join(images, id))) {
      if (isImage.test(name)) entries.push({ name, id });
    }
  }
  return entries;
}

async function listFlat(folder: string, images: string): Promise<Entry[]> {
  const names = (await listed(images)).filter(name => validationName.test(name));
  if (names.length === 0) return [];
  const labelOf = await validationLabels(folder);
  if (!labelOf) throw incomplete(`${folder} has no labels for the images in ${images}`);
  return names.map(name => ({ name, id: labelOf(Number(validationName.exec(name)![1])) }));
}

/** Files that are looked at together. */
const atOnce = 64;

async function digestOf(entries: readonly Entry[], file: (image: number) => string): Promise<string> {
  const hash = createHash('sha256');
  for (let first = 0; first < entries.length; first += atOnce) {
    const some = entries.slice(first, first + atOnce);
    const sizes = await Promise.all(some.map((_, i) => sizeOf(file(first + i))));
    for (const [i, { name, id }] of some.entries()) hash.update(`${name} ${sizes[i]} ${id}\n`);
  }
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(error => {
    throw unreadable(path, error);
  });
  if (found.isFile()) return found.size;
  throw new DataError(`${path}: expected an image file, found something else`, `ls -ld '${path}'`);
}

async function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch(error => {
    throw unreadable(folder, error);
  });
}

/** By code units: the same order everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function incomplete(message: string): DataError {
  return new DataError(
    [`${message}. ImageNet (ILSVRC 2012) is expected as`, ...layout].join('\n'),
    'RESIDUALS_IMAGENET=/path/to/imagenet, or --data /path/to/imagenet',
  );
}
