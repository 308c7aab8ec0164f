import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import { unreadable } from '../system.ts';
import { type MatlabRecord, readMatlab } from './matlab.ts';

/** A WordNet id, the name of an ImageNet class and of its folder. */
export const wnid = /^n\d{8}$/;

const devkit = join('ILSVRC2012_devkit_t12', 'data');
const groundTruth = join(devkit, 'ILSVRC2012_validation_ground_truth.txt');
const meta = join(devkit, 'meta.mat');
const perImage = 'imagenet_2012_validation_synset_labels.txt';
const solution = 'LOC_val_solution.csv';
const classLists = ['LOC_synset_mapping.txt', 'synset_words.txt'];

/** Where labels of validation images that lie in one folder may come from, in words. */
export const labelSources = [
  `${groundTruth} with ${meta} (the official development kit, unpacked)`,
  `${solution} (Kaggle's)`,
  `${perImage} (a WordNet id for each image)`,
];

/**
 * The WordNet id of each validation image by its number, from the first of `labelSources` that a folder has; null when
 * it has none. The kit's numbers are not in the order of the WordNet ids: its `meta.mat` says which is which.
 */
export async function validationLabels(folder: string): Promise<((image: number) => string) | null> {
  const numbers = await lines(join(folder, groundTruth));
  if (numbers) {
    const ids = await devkitClasses(join(folder, meta));
    return image => known(ids.get(Number(numbers[image - 1])), join(folder, groundTruth), image);
  }
  const rows = await lines(join(folder, solution));
  if (rows) {
    const ids = new Map(
      rows.map(row => [Number(/^ILSVRC2012_val_(\d{8}),/.exec(row)?.[1]), row.split(/[, ]/)[1]]),
    );
    return image => known(ids.get(image), join(folder, solution), image);
  }
  const ids = await lines(join(folder, perImage));
  return ids && (image => known(ids[image - 1], join(folder, perImage), image));
}

/** The classes as a list in a folder has them (Kaggle's, Caffe's, or the kit's `meta.mat`), sorted; null without one. */
export async function listedClasses(folder: string): Promise<string[] | null> {
  for (const name of classLists) {
    const rows = await lines(join(folder, name));
    if (rows) return rows.map((row, i) => known(row.split(/\s/)[0], join(folder, name), i + 1)).sort();
  }
  const file = join(folder, meta);
  return existsSync(file) ? [...(await devkitClasses(file)).values()].sort() : null;
}

/** The kit's numbers of the classes; the synsets above them in WordNet have children and are no classes. */
async function devkitClasses(file: string): Promise<Map<number, string>> {
  try {
    const synsets = readMatlab(await readFile(file)).synsets as MatlabRecord[];
    const leaves = synsets.filter(({ num_children }) => (num_children as number[])[0] === 0);
    return new Map(
      leaves.map(({ ILSVRC2012_ID, WNID }) => [(ILSVRC2012_ID as number[])[0]!, WNID as string]),
    );
  } catch (error) {
    throw new DataError(
      `${file} cannot be used: ${(error as Error).message}`,
      'unpack ILSVRC2012_devkit_t12.tar.gz again',
      error,
    );
  }
}

function known(id: string | undefined, file: string, line: number): string {
  if (id !== undefined && wnid.test(id)) return id;
  throw new DataError(
    `${file} has no class for number ${line}: expected a WordNet id such as n01440764, found ${id === undefined || id === '' ? 'nothing' : `"${id.slice(0, 40)}"`}`,
    'fetch the file again',
  );
}

/** The lines of a text file, without the byte order mark that some editors begin it with; null when there is none. */
async function lines(file: string): Promise<string[] | null> {
  try {
    const text = await readFile(file, 'utf8');
    return text
      .replace(/^\uFEFF/, '')
      .trimEnd()
      .split(/\r?\n/);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(file, error);
  }
}
