import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import { shellWord } from '../../shell.ts';
import { isAbsent, unreadable } from '../system.ts';
import { labelSources, listedClasses, validationLabels, wnid } from './labels.ts';

/** Images of ILSVRC 2012 (sec. 4.1): 1.28 million for training, 50,000 for validation, 1000 classes. */
export const imageNetSize = { train: 1_281_167, val: 50_000, classes: 1000 } as const;

/** The images of one part of ImageNet, in the order of their names; none of them has been looked at. */
export interface ImageNetList {
  count: number;
  /** WordNet ids, sorted: a class is its place here. */
  classes: readonly string[];
  labels: Uint16Array;
  /** File name of an image: unique in ImageNet, so that the order does not depend on the layout. */
  name(image: number): string;
  /** Path of an image. */
  file(image: number): string;
}

/** The images of one part of ImageNet, in the order of their names; none of them is in memory. */
export interface ImageNetIndex extends ImageNetList {
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
  const list = await listImageNet(folder, part, classes);
  const digest = await digestOf(list.count, async image => {
    return `${list.name(image)} ${await sizeOf(list.file(image))} ${list.classes[list.labels[image]!]}`;
  });
  return { ...list, digest };
}

/** The same without looking at the images themselves: a second instead of minutes. */
export async function listImageNet(
  folder: string,
  part: 'train' | 'val',
  classes: number = imageNetSize.classes,
): Promise<ImageNetList> {
  const images = (await subfolder(folder, part)) ?? (await subfolder(join(folder, kaggle), part));
  if (!images) throw incomplete(await whyNoPart(folder, part));
  const known = await classNames(folder, images, classes);
  const nested = (await classFolders(images)) !== null;
  const entries = nested ? await listNested(images) : await listFlat(folder, images);
  if (entries.length === 0) throw incomplete(`${images} holds no images`);
  entries.sort((a, b) => byCodeUnits(a.name, b.name) || byCodeUnits(a.id, b.id));
  const places = new Map(known.map((id, place) => [id, place]));
  const labels = Uint16Array.from(entries, ({ id, name }) => {
    const place = places.get(id);
    if (place === undefined) throw incomplete(`${name} is of class ${id}, which is not among the ${classes}`);
    return place;
  });
  const names = entries.map(({ name }) => name);
  return {
    ...{ count: names.length, classes: known, labels },
    name: image => names[image]!,
    file: image =>
      nested ? join(images, known[labels[image]!]!, names[image]!) : join(images, names[image]!),
  };
}

/** The order of names, the same everywhere: by code units. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** SHA-256 of a line on each image, some of them at a time. */
export async function digestOf(images: number, line: (image: number) => Promise<string>): Promise<string> {
  const hash = createHash('sha256');
  for (let first = 0; first < images; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, images - first) }, (_, i) => line(first + i));
    for (const each of await Promise.all(some)) hash.update(`${each}\n`);
  }
  return hash.digest('hex');
}

/** Bytes of a file. Fails with a `DataError` when it is empty or none; `problem`: what an error of the system means. */
export async function sizeOf(path: string, kind = 'an image file', problem = unreadable): Promise<number> {
  const found = await stat(path).catch(error => {
    throw problem(path, error);
  });
  if (found.isFile() && found.size > 0) return found.size;
  if (found.isFile())
    throw new DataError(`${path} is empty`, 'replace the file by the one of the official archive');
  throw new DataError(`${path}: expected ${kind}, found something else`, `ls -ld ${shellWord(path)}`);
}

/** Why there are no images of a part. */
async function whyNoPart(folder: string, part: string): Promise<string> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isAbsent(error, folder)) return null;
    throw unreadable(folder, error);
  });
  if (found?.isDirectory() === false) return `${folder} is a file, not a folder`;
  return `${join(folder, part)} does not exist${found ? '' : `, nor does ${folder}`}`;
}

/** Files that are looked at together. */
const atOnce = 64;

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
  name: string;
  /** WordNet id of its class. */
  id: string;
}

async function subfolder(folder: string, part: string): Promise<string | null> {
  const path = join(folder, part);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (isAbsent(error, path) || error.code === 'ENOTDIR') return null;
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
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (isAbsent(error, folder) || error.code === 'ENOTDIR') return [];
    throw unreadable(folder, error);
  });
  const ids = names.filter(name => wnid.test(name)).sort();
  return ids.length > 0 ? ids : null;
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

async function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch(error => {
    throw unreadable(folder, error);
  });
}

function incomplete(message: string): DataError {
  return new MissingDataError(
    [`${message}. ImageNet (ILSVRC 2012) is expected as`, ...layout].join('\n'),
    'RESIDUALS_IMAGENET=/path/to/imagenet, or --data /path/to/imagenet',
  );
}
