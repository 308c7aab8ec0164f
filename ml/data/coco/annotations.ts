import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  type AnnotatedObject,
  pictureName,
} from '../annotated.ts';
import { digestFiles } from '../digest.ts';
import { listNeeded, readNeeded } from '../needed.ts';

/**
 * Reads a set of COCO: annotations/instances_<set>.json and the pictures of <set>/. `classes`: the names of its categories,
 * by id. Fails with a `DataError` that names the file and the place in it: nothing is passed over but `withoutArea`.
 */
export async function readCoco(
  folder: string,
  set: string,
  classes: readonly string[],
): Promise<AnnotatedImages> {
  const file = join(folder, 'annotations', `instances_${set}.json`);
  const { images, annotations, categories } = await read(file);
  const pictures = new Set(await listNeeded(join(folder, set), official));
  const fail = (place: string, message: string) =>
    new DataError(`${file}: ${place}: ${message}`, 'replace the file by the one of the official archive');
  placesOf(categories, 'categories', fail);
  expectNames(categories, fail);
  const known = [...categories].sort((a, b) => a.id - b.id);
  expectClasses(known, classes, fail);
  const places = new Map(known.map(({ id }, place) => [id, place]));
  const imagePlaces = placesOf(images, 'images', fail);
  placesOf(annotations, 'annotations', fail);
  const found: (AnnotatedImage & { objects: AnnotatedObject[] })[] = images.map((image, i) => {
    const { file_name: name, width, height } = image;
    const at = `images[${i}]`;
    if (typeof name !== 'string' || !pictureName.test(name))
      throw fail(`${at}.file_name`, `expected the name of a file in ${set}/`);
    if (!(isExtent(width) && isExtent(height)))
      throw fail(at, `its size is ${told(width)} x ${told(height)}; expected pixels`);
    const picture = join(folder, set, name);
    if (!pictures.has(name))
      throw new MissingDataError(`${picture} is missing, the picture of ${at} in ${file}`, official);
    return { id: String(image.id), file: picture, width, height, objects: [] };
  });
  annotations.forEach((annotation, i) => {
    if (withoutArea.has(annotation.id) && isFlat(annotation.bbox)) return;
    const at = `annotations[${i}]`;
    const image = found[imagePlaces.get(annotation.image_id) ?? -1];
    if (!image) throw fail(`${at}.image_id`, `there is no image ${told(annotation.image_id)}`);
    const place = places.get(annotation.category_id);
    if (place === undefined)
      throw fail(`${at}.category_id`, `there is no category ${told(annotation.category_id)}`);
    image.objects.push(objectOf(annotation, place, image, (part, message) => fail(`${at}.${part}`, message)));
  });
  return { classes: known.map(({ name }) => name), images: found };
}

/** SHA-256 of what is read of COCO: the bytes of the annotation files, names and sizes of the pictures that go with each. */
export async function cocoDigest(folder: string): Promise<string> {
  const names = new Set(await listNeeded(join(folder, 'annotations'), official));
  const hash = createHash('sha256');
  for (const set of setsRead) {
    const file = `instances_${set}.json`;
    if (!names.has(file))
      throw new MissingDataError(`${join(folder, 'annotations', file)} is missing`, official);
    await digestFiles(hash, [join(folder, 'annotations'), 'annotations'], [file], 'bytes');
    const pictures = (await listNeeded(join(folder, set), official)).filter(name => pictureName.test(name));
    await digestFiles(hash, [join(folder, set), set], pictures, 'sizes');
  }
  return hash.digest('hex');
}

/** What detectors are trained and tested on; other sets may lie beside. */
const setsRead = ['train2014', 'val2014'];

/** Objects of the official files whose box has no height (visionml/pytracking#18, cocodataset/cocoapi#355). */
const withoutArea: ReadonlySet<number> = new Set([918, 2206849]);

const official = 'name the folder that holds annotations/ and the pictures of COCO';

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
  const text = await readNeeded(file, official);
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
  for (const [i, entry] of entries.entries()) {
    const id = (entry as { id: number } | null)?.id;
    if (id === undefined || !Number.isSafeInteger(id))
      throw fail(`${list}[${i}].id`, 'expected a whole number');
    if (places.has(id))
      throw fail(`${list}[${i}].id`, `${id} is there twice, at ${list}[${places.get(id)}] first`);
    places.set(id, i);
  }
  return places;
}

/** Objects and scores go by the names of classes, so each is there once. */
function expectNames(
  categories: Instances['categories'],
  fail: (place: string, message: string) => DataError,
): void {
  const places = new Map<string, number>();
  for (const [i, { name }] of categories.entries()) {
    const at = `categories[${i}].name`;
    if (typeof name !== 'string' || name === '') throw fail(at, 'expected a name');
    if (places.has(name))
      throw fail(at, `${told(name)} is there twice, at categories[${places.get(name)}] first`);
    places.set(name, i);
  }
}

/** Measures go by the names of classes, so other ones would be measured in vain. */
function expectClasses(
  known: Instances['categories'],
  classes: readonly string[],
  fail: (place: string, message: string) => DataError,
): void {
  for (let place = 0; place < Math.max(known.length, classes.length); place++) {
    const [found, expected] = [known[place]?.name, classes[place]];
    if (found === expected) continue;
    throw fail('categories', `number ${place + 1} by id is ${told(found)}; expected ${told(expected)}`);
  }
}

/** A value of a file in a message, shortened. */
function told(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Whether a value can be the number of columns or rows of a picture. */
function isExtent(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isFlat(box: unknown): boolean {
  return (
    Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) && (box[2] === 0 || box[3] === 0)
  );
}

function objectOf(
  { bbox, area, iscrowd }: Instance,
  place: number,
  { width, height }: AnnotatedImage,
  fail: (part: 'bbox' | 'area' | 'iscrowd', message: string) => DataError,
): AnnotatedObject {
  const numbers = Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite);
  if (!numbers) throw fail('bbox', 'expected [x, y, width, height]');
  if (!(Number.isFinite(area) && area >= 0)) throw fail('area', 'expected square pixels');
  if (iscrowd !== 0 && iscrowd !== 1) throw fail('iscrowd', `it is ${told(iscrowd)}; expected 0 or 1`);
  const [x, y, w, h] = bbox;
  if (!(w > 0 && h > 0)) throw fail('bbox', `the box ${bbox.join(' ')} has no area`);
  // Boxes of COCO are rounded to hundredths of a pixel.
  if (x < -0.01 || y < -0.01 || x + w > width + 0.01 || y + h > height + 0.01)
    throw fail('bbox', `the box ${bbox.join(' ')} leaves the image of ${width} x ${height}`);
  return { class: place, box: [x, y, x + w, y + h], area, ...(iscrowd === 1 && { crowd: true }) };
}
