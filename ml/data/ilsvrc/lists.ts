import { join } from 'node:path';
import { DataError, MissingDataError } from '../../errors.ts';
import { readNeeded } from '../needed.ts';
import { detClasses } from './classes.ts';

/** The parts that images and annotations lie in. */
export type DetPart = 'train' | 'val';

/** The image sets that are known: the part that the images lie in, and the lists of ImageSets/DET/ that name them. */
export const detSets = {
  train: { part: 'train', lists: detClasses.map((_, i) => `train_${i + 1}`) },
  val: { part: 'val', lists: ['val'] },
  val1: { part: 'val', lists: ['val1'] },
  val2: { part: 'val', lists: ['val2'] },
} as const satisfies Record<string, { part: DetPart; lists: readonly string[] }>;

/** The path of a list. */
export function listFile(folder: string, list: string): string {
  return join(folder, 'ImageSets', 'DET', `${list}.txt`);
}

/**
 * The images of a set, each once, in the order of its lists. Of training images those are taken that hold all that there is of
 * a class, annotated (1 in the list of that class), as R-CNN takes them; not those where some of it is not (0), nor those
 * without it (-1). Fails with a `DataError` with file and line.
 */
export async function listedIn(folder: string, set: string): Promise<{ part: DetPart; ids: string[] }> {
  if (!Object.hasOwn(detSets, set))
    throw new DataError(
      `the image set ${JSON.stringify(set.slice(0, 40))} is none of ILSVRC's detection set`,
      `write one of ${Object.keys(detSets).join(', ')}`,
    );
  const { part, lists } = detSets[set as keyof typeof detSets];
  const ids = new Set<string>();
  for (const list of lists) {
    const file = listFile(folder, list);
    for (const id of idsOf(file, (await textOf(file, list)).toString(), part)) ids.add(id);
  }
  return { part, ids: [...ids] };
}

/** What helps where a part of the data is not there. */
export const unpacked =
  'name the folder ILSVRC of the official archive, unpacked: with Annotations/DET, Data/DET and ImageSets/DET';

/** The halves of the validation images are not in the archive. */
const origins: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['val1', 'the half of the validation images that is trained on'],
    ['val2', 'the half of the validation images that is tested on'],
  ].map(([list, what]) => [
    list,
    `${what} comes with the code of R-CNN (github.com/rbgirshick/rcnn, data/splits/ilsvrc13/${list}.txt.tgz), an image a line, as in "ILSVRC2012_val_00010706 1"`,
  ]),
);

/** A list: an image a line and a number, in lists of training images whether the class is there, else its place. */
function idsOf(file: string, text: string, part: DetPart): string[] {
  const seen = new Map<string, number>();
  return text.split('\n').flatMap((line, i) => {
    const [id = '', number, ...more] = line.trim().split(/\s+/);
    if (id === '') return [];
    const fail = (message: string) =>
      new DataError(`${file}:${i + 1}  ${message}`, 'replace the file by the one of the official archive');
    if (!/^[\w-]+(\/[\w-]+)*$/.test(id))
      throw fail(`${JSON.stringify(id.slice(0, 60))} is not the name of an image`);
    if (more.length > 0 || !columns[part].form.test(number ?? ''))
      throw fail(`${JSON.stringify(line.trim().slice(0, 80))}: expected an image and ${columns[part].words}`);
    const before = seen.get(id);
    if (before !== undefined) throw fail(`the image ${id} is listed twice, in line ${before} first`);
    seen.set(id, i + 1);
    return part === 'val' || number === '1' ? [id] : [];
  });
}

/** What stands beside an image. */
const columns = {
  train: { form: /^(1|0|-1)$/, words: '1, 0 or -1' },
  val: { form: /^\d*$/, words: 'its number' },
} as const satisfies Record<DetPart, { form: RegExp; words: string }>;

/** The content of a list. Fails with a `DataError` that says where a list comes from that is not there. */
export async function textOf(file: string, list: string): Promise<Buffer> {
  return readNeeded(file, unpacked).catch((error: unknown) => {
    if (!(error instanceof MissingDataError)) throw error;
    const origin = origins[list];
    if (origin) throw new DataError(`${file} is missing: ${origin}`, 'put it there, beside val.txt', error);
    throw new MissingDataError(
      `${error.message}: it is one of the lists of the official archive`,
      unpacked,
      error,
    );
  });
}
