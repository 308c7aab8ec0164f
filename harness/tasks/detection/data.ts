import type { AnnotatedImages } from '../../../ml/data/annotated.ts';
import { readCoco } from '../../../ml/data/coco/annotations.ts';
import { readPicture, readResized } from '../../../ml/data/pictures.ts';
import { readVoc } from '../../../ml/data/voc/files.ts';
import type { DetectionImages } from '../../../ml/detection/images.ts';
import type { TrueObject } from '../../../ml/detection/truth.ts';
import { UserError } from '../../errors.ts';
import { digitClasses, vocClasses } from './classes.ts';
import type { TrainSpec } from './spec.ts';

/** Images of a set as a detector sees them, and what they are called and hold in the data set's own pixels. */
export interface OpenedImages {
  images: DetectionImages;
  ids: readonly string[];
  classes: readonly string[];
  /** All objects, in the pixels of the annotated images. */
  truth: readonly TrueObject[];
}

/** Opens the training or test images of a data set in a folder. */
export async function openImages(
  data: TrainSpec['data'],
  folder: string,
  which: 'train' | 'test',
): Promise<OpenedImages> {
  const sets = which === 'train' ? data.train : [data.test];
  const all = await annotated(data.set, folder, sets);
  const most = which === 'train' ? data.trainImages : data.testImages;
  const chosen = { ...all, images: all.images.slice(0, most) };
  return {
    images: await decoded(chosen, data),
    ids: chosen.images.map(({ id }) => id),
    classes: chosen.classes,
    truth: chosen.images.flatMap(({ objects }, image) =>
      objects.map(({ class: own, ...object }) => ({ image, class: chosen.classes[own]!, ...object })),
    ),
  };
}

const readers = {
  'digits-voc': (folder, sets) => readVoc(folder, sets, digitClasses),
  'digits-det': (folder, sets) => readVoc(folder, sets, digitClasses),
  voc: (folder, sets) => readVoc(folder, sets, vocClasses),
  'digits-coco': readSets,
  coco: readSets,
} as const satisfies Record<
  TrainSpec['data']['set'],
  (folder: string, sets: readonly string[]) => Promise<AnnotatedImages>
>;

function annotated(set: TrainSpec['data']['set'], folder: string, sets: readonly string[]) {
  return readers[set](folder, sets);
}

function tooLarge(file: string, width: number, height: number, size: number): UserError {
  return new UserError(
    `${file} has ${width} x ${height} pixels, more than the ${size} x ${size} of data.size.`,
    {
      fix: 'set data.shorter and data.longer in the protocol, so that images are resized',
    },
  );
}

/** Several sets of COCO, one after the other: trainval is train and val. */
async function readSets(folder: string, sets: readonly string[]): Promise<AnnotatedImages> {
  const all = await Promise.all(sets.map(set => readCoco(folder, set)));
  return { classes: all[0]!.classes, images: all.flatMap(({ images }) => images) };
}

/** Pictures that are decoded at a time. */
const together = 8;

async function decoded(
  { images }: AnnotatedImages,
  { shorter, longer, size }: TrainSpec['data'],
): Promise<DetectionImages> {
  const pixels = new Uint8Array(images.length * 3 * size * size);
  const extents: [number, number][] = [];
  const scales: number[] = [];
  const take = async (image: number) => {
    const { file } = images[image]!;
    const found =
      shorter === null
        ? { ...(await readPicture(file)), scale: 1 }
        : await readResized(file, { shorter, longer });
    const { width, height, scale } = found;
    if (Math.max(width, height) > size) throw tooLarge(file, width, height, size);
    extents[image] = [width, height];
    scales[image] = scale;
    for (let row = 0; row < 3 * height; row++) {
      const [channel, y] = [Math.floor(row / height), row % height];
      const from = found.pixels.subarray(row * width, (row + 1) * width);
      pixels.set(from, ((image * 3 + channel) * size + y) * size);
    }
  };
  for (let first = 0; first < images.length; first += together) {
    const last = Math.min(images.length, first + together);
    await Promise.all(Array.from({ length: last - first }, (_, i) => take(first + i)));
  }
  return {
    ...{ count: images.length, size, pixels, extents, scales },
    objects: images.map(({ objects }, image) =>
      objects
        .filter(({ crowd }) => !crowd)
        .map(({ class: own, box, difficult = false }) => ({
          class: own,
          box: box.map(side => side * scales[image]!) as unknown as typeof box,
          difficult,
        })),
    ),
  };
}
