import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import type { AnnotatedImage, AnnotatedImages, AnnotatedObject } from '../annotated.ts';
import { readRegular } from '../regular.ts';
import { isAbsent, unreadable } from '../system.ts';

/**
 * Reads a set of COCO: annotations/instances_<set>.json and the pictures of <set>/. Classes are its categories by id. Fails
 * with a `DataError` that names the file and the place in it: nothing is passed over.
 */
export async function readCoco(folder: string, set: string): Promise<AnnotatedImages> {
  const file = join(folder, 'annotations', `instances_${set}.json`);
  const { images, annotations, categories } = await read(file);
  const fail = (place: string, message: string) =>
    new DataError(`${file}: ${place}: ${message}`, 'replace the file by the one of the official archive');
  const known = [...categories].sort((a, b) => a.id - b.id);
  const places = placesOf(known, 'categories', fail);
  const found: (AnnotatedImage & { objects: AnnotatedObject[] })[] = images.map((image, i) => {
    const { file_name: name, width, height } = image;
    const at = `images[${i}]`;
    if (typeof name !== 'string' || !/^[\w-][\w.-]*$/.test(name))
      throw fail(`${at}.file_name`, `expected the name of a file in ${set}/`);
    if (!(width > 0 && height > 0)) throw fail(at, `its size is ${width} x ${height}; expected pixels`);
    return { id: String(image.id), file: join(folder, set, name), width, height, objects: [] };
  });
  const imagePlaces = placesOf(images, 'images', fail);
  placesOf(annotations, 'annotations', fail);
  annotations.forEach((annotation, i) => {
    const at = `annotations[${i}]`;
    const image = found[imagePlaces.get(annotation.image_id) ?? -1];
    if (!image) throw fail(`${at}.image_id`, `there is no image ${annotation.image_id}`);
    const place = places.get(annotation.category_id);
    if (place === undefined)
      throw fail(`${at}.category_id`, `there is no category ${annotation.category_id}`);
    image.objects.push(objectOf(annotation, place, image, message => fail(`${at}.bbox`, message)));
  });
  return { classes: known.map(({ name }) => name), images: found };
}

/** SHA-256 of the annotation files and of the number of pictures beside each. */
export async function cocoDigest(folder: string): Promise<string> {
  const names = await list(join(folder, 'annotations'));
  const hash = createHash('sha256');
  for (const name of names.filter(each => /^instances_\w+\.json$/.test(each)).sort()) {
    const { size } = await stat(join(folder, 'annotations', name));
    const pictures = await list(join(folder, name.slice('instances_'.length, -'.json'.length)));
    hash.update(`${name} ${size} ${pictures.length}\n`);
  }
  return hash.digest('hex');
}

/** The parts of an annotation file that are read. */
interface Instances {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: Instance[];
  categories: { id: number; name: string }[];
}

interface Instance {
  id: number;
  image_id: number;
  category_id: number;
  bbox: readonly [number, number, number, number];
  area: number;
  iscrowd: number;
}

async function read(file: string): Promise<Instances> {
  const text = await readRegular(file).catch((error: unknown) => {
    if (error instanceof DataError) throw error;
    const fix = 'name the folder that holds annotations/ and the pictures of COCO';
    throw isAbsent(error, file)
      ? new MissingDataError(`${file} is missing`, fix, error)
      : unreadable(file, error);
  });
  const wrong = (why: string) =>
    new DataError(`${file}: ${why}`, 'replace the file by the one of the official archive');
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (error) {
    throw wrong(`it is no JSON: ${(error as Error).message}`);
  }
  for (const list of ['images', 'annotations', 'categories'])
    if (!Array.isArray((value as Record<string, unknown> | null)?.[list]))
      throw wrong(`expected a list ${list}`);
  return value as Instances;
}

/** Places of the entries of a list by their ids, each of which there is once. */
function placesOf(
  entries: readonly { id: number }[],
  list: string,
  fail: (place: string, message: string) => DataError,
): Map<number, number> {
  const places = new Map<number, number>();
  for (const [i, { id }] of entries.entries()) {
    if (!Number.isSafeInteger(id)) throw fail(`${list}[${i}].id`, 'expected a whole number');
    if (places.has(id))
      throw fail(`${list}[${i}].id`, `${id} is there twice, at ${list}[${places.get(id)}] first`);
    places.set(id, i);
  }
  return places;
}

function objectOf(
  { bbox, area, iscrowd }: Instance,
  place: number,
  { width, height }: AnnotatedImage,
  fail: (message: string) => DataError,
): AnnotatedObject {
  const numbers = Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite);
  if (!numbers) throw fail('expected [x, y, width, height]');
  const [x, y, w, h] = bbox;
  if (!(w > 0 && h > 0)) throw fail(`the box ${bbox.join(' ')} has no area`);
  // Boxes of COCO are rounded to hundredths of a pixel.
  if (x < -0.01 || y < -0.01 || x + w > width + 0.01 || y + h > height + 0.01)
    throw fail(`the box ${bbox.join(' ')} leaves the image of ${width} x ${height}`);
  return { class: place, box: [x, y, x + w, y + h], area, ...(iscrowd === 1 && { crowd: true }) };
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    const fix = 'name the folder that holds annotations/ and the pictures of COCO';
    throw isAbsent(error, folder)
      ? new MissingDataError(`${folder} is missing`, fix, error)
      : unreadable(folder, error);
  });
}
