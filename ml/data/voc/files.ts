import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import { type AnnotatedImage, type AnnotatedImages, pictureName } from '../annotated.ts';
import { digestFiles } from '../digest.ts';
import { listNeeded, readNeeded } from '../needed.ts';
import { parseAnnotation } from './annotation.ts';

/**
 * Reads image sets of a VOC development kit, `2007 trainval` that of VOC2007/, one after the other. Fails with a `DataError`
 * about the first file that is missing or wrong: nothing is passed over. VOC 2012 has 11,540 images in trainval.
 */
export async function readVoc(
  devkit: string,
  sets: readonly string[],
  classes: readonly string[],
): Promise<AnnotatedImages> {
  const images: AnnotatedImage[] = [];
  for (const set of sets) {
    const { folder, name } = partsOf(devkit, set);
    const list = join(folder, 'ImageSets', 'Main', `${name}.txt`);
    const ids = idsOf(list, (await readNeeded(list, unpacked)).toString());
    const pictures = new Set(await listNeeded(join(folder, 'JPEGImages'), unpacked));
    for (let first = 0; first < ids.length; first += together) {
      const some = ids.slice(first, first + together);
      images.push(...(await Promise.all(some.map(id => readImage(folder, id, classes, pictures)))));
    }
  }
  return { classes, images };
}

/**
 * SHA-256 of what is read of the development kit: the bytes of all annotations and image sets, names and sizes of the pictures.
 * It is not one of their pixels.
 */
export async function vocDigest(devkit: string): Promise<string> {
  const hash = createHash('sha256');
  const parts = (await listNeeded(devkit, unpacked)).filter(name => /^VOC20(07|12)$/.test(name)).sort();
  if (parts.length === 0)
    throw new MissingDataError(`${devkit} holds no VOC2007/ or VOC2012/`, 'name the folder VOCdevkit');
  for (const part of parts) {
    for (const { inner, names, what } of partsRead) {
      const folder = join(devkit, part, inner);
      const own = (await listNeeded(folder, unpacked)).filter(name => names.test(name));
      await digestFiles(hash, [folder, `${part}/${inner}`], own, what);
    }
  }
  return hash.digest('hex');
}

/** Folders of a part of the kit, the names of files that are read there, and what of them is digested. */
const partsRead = [
  { inner: 'Annotations', names: /^[\w-]+\.xml$/, what: 'bytes' },
  { inner: 'ImageSets/Main', names: /^(trainval|test)\.txt$/, what: 'bytes' },
  { inner: 'JPEGImages', names: pictureName, what: 'sizes' },
] as const;

const unpacked = 'name the folder VOCdevkit of the official archives, unpacked';

/** Files that are read at a time. */
const together = 32;

function partsOf(devkit: string, set: string): { folder: string; name: string } {
  const [, year, name] = /^(\d{4}) ([\w-]+)$/.exec(set) ?? [];
  if (year !== undefined && name !== undefined) return { folder: join(devkit, `VOC${year}`), name };
  throw new DataError(`the image set ${JSON.stringify(set)} is none of VOC's`, 'write it as 2007 trainval');
}

/** The images of a list; a second column says whether a class is in them. */
function idsOf(file: string, text: string): string[] {
  const seen = new Map<string, number>();
  return text.split('\n').flatMap((line, i) => {
    const [id = ''] = line.trim().split(/\s+/);
    if (id === '') return [];
    const fail = (message: string) =>
      new DataError(`${file}:${i + 1}  ${message}`, 'replace the file by the one of the official archive');
    if (!/^[\w-]+$/.test(id)) throw fail(`${JSON.stringify(id.slice(0, 40))} is not the name of an image`);
    if (seen.has(id)) throw fail(`the image ${id} is listed twice, in line ${seen.get(id)} first`);
    seen.set(id, i + 1);
    return [id];
  });
}

async function readImage(
  folder: string,
  id: string,
  classes: readonly string[],
  pictures: ReadonlySet<string>,
): Promise<AnnotatedImage> {
  const file = join(folder, 'Annotations', `${id}.xml`);
  const { filename, ...annotation } = parseAnnotation(
    file,
    (await readNeeded(file, unpacked)).toString(),
    classes,
  );
  const picture = join(folder, 'JPEGImages', filename);
  if (!pictures.has(filename))
    throw new MissingDataError(`${picture} is missing, the picture of ${file}`, unpacked);
  return { id, file: picture, ...annotation };
}
