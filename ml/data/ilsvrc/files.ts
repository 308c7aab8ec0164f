import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import type { AnnotatedImage, AnnotatedImages } from '../annotated.ts';
import { listNeeded, readNeeded } from '../needed.ts';
import { unreadable } from '../system.ts';
import { parseDetAnnotation } from '../voc/annotation.ts';
import { detClasses } from './classes.ts';
import { type DetPart, detSets, listedIn, listFile, textOf, unpacked } from './lists.ts';

/**
 * Reads image sets of ImageNet's detection set (ILSVRC 2014 and 2015) in the layout of the archive, `train` or `val1`, one after
 * the other: Annotations/DET/<part>/<image>.xml and Data/DET/<part>/<image>.JPEG, where an image of train is named with its
 * folder, ILSVRC2013_train/n02691156/n02691156_7. Fails with a `DataError` about the first file that is missing or wrong.
 */
export async function readDet(folder: string, sets: readonly string[]): Promise<AnnotatedImages> {
  const wnids = detClasses.map(({ wnid }) => wnid);
  const hasPicture = pictureFinder();
  const images: AnnotatedImage[] = [];
  for (const set of sets) {
    const { part, ids } = await listedIn(folder, set);
    for (let first = 0; first < ids.length; first += together) {
      const some = ids.slice(first, first + together);
      images.push(...(await Promise.all(some.map(id => readImage(folder, part, id, wnids, hasPicture)))));
    }
  }
  return { classes: detClasses.map(({ name }) => name), images };
}

/**
 * SHA-256 of the bytes of all lists, and of names and sizes of the annotations and pictures, which are a million files. It is
 * not one of their pixels. Fails when a list is missing or a file is empty.
 */
export async function detDigest(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const list of new Set(Object.values(detSets).flatMap(({ lists }) => lists))) {
    const content = await textOf(listFile(folder, list), list);
    hash.update(`ImageSets/DET/${list}.txt ${content.length}\n`).update(content);
  }
  for (const [kind, ending] of Object.entries(endings))
    for (const part of ['train', 'val'] satisfies DetPart[])
      await addFiles(hash, folder, `${kind}/DET/${part}`, ending);
  return hash.digest('hex');
}

/** Files that are looked at or read at a time. */
const together = 64;

const endings = { Annotations: '.xml', Data: '.JPEG' } as const;

/** Whether a picture is there; folders are listed once. */
function pictureFinder(): (picture: string) => Promise<boolean> {
  const folders = new Map<string, Promise<ReadonlySet<string>>>();
  return async picture => {
    const folder = dirname(picture);
    const names = folders.get(folder) ?? listNeeded(folder, unpacked).then(all => new Set(all));
    folders.set(folder, names);
    return (await names).has(basename(picture));
  };
}

async function readImage(
  folder: string,
  part: DetPart,
  id: string,
  wnids: readonly string[],
  hasPicture: (picture: string) => Promise<boolean>,
): Promise<AnnotatedImage> {
  const file = join(folder, 'Annotations', 'DET', part, `${id}.xml`);
  const content = await readNeeded(file, unpacked);
  const annotated = parseDetAnnotation(file, content.toString(), wnids);
  const picture = join(folder, 'Data', 'DET', part, `${id}.JPEG`);
  if (!(await hasPicture(picture)))
    throw new MissingDataError(`${picture} is missing, the picture of ${file}`, unpacked);
  return { id, file: picture, ...annotated };
}

/** Adds the files below a folder that have an ending, by name; folders come after the files beside them. */
async function addFiles(hash: Hash, root: string, folder: string, ending: string): Promise<void> {
  const names = (await listNeeded(join(root, folder), unpacked)).sort();
  const folders: string[] = [];
  for (let first = 0; first < names.length; first += together) {
    const some = names.slice(first, first + together).map(name => `${folder}/${name}`);
    const found = await Promise.all(some.map(path => statOf(join(root, path))));
    for (const [i, path] of some.entries()) {
      const { size } = found[i]!;
      if (found[i]!.isDirectory()) folders.push(path);
      else if (path.endsWith(ending)) hash.update(`${path} ${sizeOf(join(root, path), size)}\n`);
    }
  }
  for (const path of folders) await addFiles(hash, root, path, ending);
}

async function statOf(path: string) {
  return stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

function sizeOf(path: string, size: number): number {
  if (size > 0) return size;
  throw new DataError(`${path} is empty`, 'replace the file by the one of the official archive');
}
