import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Box } from '../../detection/boxes.ts';
import { DataError, MissingDataError } from '../../errors.ts';
import {
  byCodeUnits,
  digestOf,
  type ImageNetList,
  imageNetSize,
  listImageNet,
  sizeOf,
} from '../imagenet/files.ts';
import { readRegular } from '../regular.ts';
import { isAbsent, unreadable } from '../system.ts';
import { type ObjectAnnotation, parseObjects } from './annotation.ts';

/** The images of one part of the localisation set, which are images of ImageNet. */
export interface LocalisationList extends ImageNetList {
  /** Path of an image's annotation. */
  annotation(image: number): string;
}

/** Where the objects of images are, in pixels of the images as they were annotated. */
export interface LocatedObjects {
  /** Width and height of an image. */
  extent(image: number): readonly [number, number];
  boxes(image: number): readonly Box[];
}

/** The folder, of one that a user names, that holds Annotations/ and ImageSets/; null without one. */
export async function annotationHome(folder: string): Promise<string | null> {
  for (const home of [folder, join(folder, 'ILSVRC')]) {
    const path = join(home, annotations);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (isAbsent(error, path) || error.code === 'ENOTDIR') return null;
      throw unreadable(path, error);
    });
    if (found?.isDirectory()) return home;
  }
  return null;
}

/**
 * Lists the images of a part in a folder that ImageNet is read from too (`listImageNet`), with Annotations/ and ImageSets/ of
 * CLS-LOC beside: training images in the order of train_loc.txt, validation images in that of their names. Fails with a
 * `DataError` that says what was expected when something is missing.
 */
export async function listLocalisation(
  folder: string,
  part: 'train' | 'val',
  classes: number = imageNetSize.classes,
): Promise<LocalisationList> {
  const home = await annotationHome(folder);
  if (!home) throw incomplete(`${join(folder, annotations)} does not exist`);
  const pictures = await listImageNet(folder, part, classes);
  const annotation = (image: number, below = '') =>
    join(home, annotations, part, below, `${stem(pictures.name(image))}.xml`);
  if (part === 'val') return { ...pictures, annotation: image => annotation(image) };
  const list = join(home, imageSets, 'train_loc.txt');
  const chosen = chosenImages(list, (await contentOf(list)).toString(), pictures);
  return {
    count: chosen.length,
    classes: pictures.classes,
    labels: Uint16Array.from(chosen, image => pictures.labels[image]!),
    name: i => pictures.name(chosen[i]!),
    file: i => pictures.file(chosen[i]!),
    annotation: i => annotation(chosen[i]!, pictures.classes[pictures.labels[chosen[i]!]!]),
  };
}

/** SHA-256 of names, classes and sizes in bytes of the pictures and annotations of a list. It is not one of their pixels. */
export function listDigest(list: LocalisationList): Promise<string> {
  const { name, file, annotation, classes, labels } = list;
  return digestOf(list.count, async image => {
    const sizes = await Promise.all([
      sizeOf(file(image)),
      sizeOf(annotation(image), 'an annotation', absentOr),
    ]);
    return `${name(image)} ${sizes.join(' ')} ${classes[labels[image]!]}`;
  });
}

/** Reads the annotations of the first `count` images. Fails with a `DataError` about the first one that is missing or wrong. */
export async function readObjects(list: LocalisationList, count: number): Promise<LocatedObjects> {
  const extents = new Uint32Array(2 * count);
  const begins = new Uint32Array(count + 1);
  const sides: number[] = [];
  for (let first = 0; first < count; first += together) {
    const some = Array.from({ length: Math.min(together, count - first) }, (_, i) => first + i);
    for (const [i, { width, height, boxes }] of (
      await Promise.all(some.map(image => readAnnotation(list, image)))
    ).entries()) {
      extents.set([width, height], 2 * (first + i));
      for (const box of boxes) sides.push(...box);
      begins[first + i + 1] = sides.length / 4;
    }
  }
  const all = Float64Array.from(sides);
  return {
    extent: image => [extents[2 * image]!, extents[2 * image + 1]!],
    boxes: image =>
      Array.from({ length: begins[image + 1]! - begins[image]! }, (_, i): Box => {
        const at = 4 * (begins[image]! + i);
        return [all[at]!, all[at + 1]!, all[at + 2]!, all[at + 3]!];
      }),
  };
}

const annotations = join('Annotations', 'CLS-LOC');
const imageSets = join('ImageSets', 'CLS-LOC');

/** Annotations that are read at a time. */
const together = 64;

/** The images of a list, `n01440764/n01440764_10040 4` a line, by their places among all pictures. */
function chosenImages(file: string, text: string, pictures: ImageNetList): Uint32Array {
  const fail = (line: number, message: string) =>
    new DataError(`${file}:${line}  ${message}`, 'replace the file by the one of the official archive');
  const seen = new Map<number, number>();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, wnid, id] = /^(n\d{8})\/([\w-]{1,100})(?:\s+\d+)?\s*$/.exec(line) ?? [];
    if (wnid === undefined || id === undefined)
      throw fail(i + 1, `${JSON.stringify(line.slice(0, 40))} is not the name of an image`);
    const image = placeOf(id, pictures);
    if (image === null || pictures.classes[pictures.labels[image]!] !== wnid)
      throw fail(i + 1, `there is no image ${id} of class ${wnid} among the ${pictures.count} of ImageNet`);
    if (seen.has(image))
      throw fail(i + 1, `the image ${id} is listed twice, in line ${seen.get(image)} first`);
    seen.set(image, i + 1);
  }
  if (seen.size === 0) throw fail(1, 'no image is listed');
  return Uint32Array.from(seen.keys());
}

/** Where the name of an image, without its extension, is in the order of the names; null when it is not there. */
function placeOf(id: string, { count, name }: ImageNetList): number | null {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byCodeUnits(name(middle), `${id}.`) < 0) low = middle + 1;
    else high = middle;
  }
  return low < count && stem(name(low)) === id ? low : null;
}

/** A file's name without what follows the last dot. */
function stem(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}

async function readAnnotation(list: LocalisationList, image: number): Promise<ObjectAnnotation> {
  const file = list.annotation(image);
  return parseObjects(file, (await contentOf(file)).toString(), list.classes[list.labels[image]!]!);
}

async function contentOf(file: string): Promise<Buffer> {
  return readRegular(file).catch((error: unknown) => {
    if (error instanceof DataError) throw error;
    throw absentOr(file, error);
  });
}

function absentOr(file: string, error: unknown): unknown {
  return isAbsent(error, file) ? incomplete(`${file} is missing`) : unreadable(file, error);
}

function incomplete(message: string): DataError {
  return new MissingDataError(
    [
      `${message}. ImageNet's localisation set (CLS-LOC) is expected beside the pictures of ImageNet as`,
      `  ${annotations}/train/<WordNet id>/*.xml`,
      `  ${annotations}/val/ILSVRC2012_val_00000001.xml ...`,
      `  ${imageSets}/train_loc.txt`,
      '(in the folder itself, or in ILSVRC/)',
    ].join('\n'),
    'RESIDUALS_IMAGENET=/path/to/imagenet, or --data /path/to/imagenet',
  );
}
