import type { AnnotatedImage, AnnotatedImages } from '../../../ml/data/annotated.ts';
import { readCoco } from '../../../ml/data/coco/annotations.ts';
import { readDet } from '../../../ml/data/ilsvrc/files.ts';
import { readPicture, readResized } from '../../../ml/data/pictures.ts';
import { readVoc } from '../../../ml/data/voc/files.ts';
import type { DetectionImages } from '../../../ml/detection/images.ts';
import type { TrueObject } from '../../../ml/detection/truth.ts';
import { exitCodes, UserError } from '../../errors.ts';
import { cocoClasses, digitClasses, vocClasses } from './classes.ts';
import { keptBytes, type TrainSpec } from './spec.ts';

/** Images of a set as a detector sees them, and what they are called and hold in the data set's own pixels. */
export interface OpenedImages {
  images: DetectionImages;
  ids: readonly string[];
  classes: readonly string[];
  /** All objects, in the pixels of the annotated images. */
  truth: readonly TrueObject[];
}

/**
 * Opens the training or test images of a data set in a folder. `kept`: bytes of pixels that are held in memory at most; where
 * that does not suffice, each image is decoded when it is used.
 */
export async function openImages(
  data: TrainSpec['data'],
  folder: string,
  which: 'train' | 'test',
  kept = keptBytes,
): Promise<OpenedImages> {
  const chosen = await annotatedImages(data, folder, which);
  return {
    images: await decoded(chosen, data, kept),
    ids: chosen.images.map(({ id }) => id),
    classes: chosen.classes,
    truth: chosen.images.flatMap(({ objects }, image) =>
      objects.map(({ class: own, ...object }) => ({ image, class: chosen.classes[own]!, ...object })),
    ),
  };
}

/** The training or test images of a data set with their objects. Fails with a `UserError` when there are too few of them. */
export async function annotatedImages(
  { set, ...data }: TrainSpec['data'],
  folder: string,
  which: 'train' | 'test',
): Promise<AnnotatedImages> {
  const sets = which === 'train' ? data.train : [data.test];
  const { images, classes } = await readers[set](folder, sets);
  const most = which === 'train' ? data.trainImages : data.testImages;
  // How many images of ImageNet's detection set hold a whole class is not published.
  const least = set === 'imagenet-det' && which === 'train' ? 1 : most;
  if (images.length < least) {
    throw new UserError(
      `${folder}: expected ${least} images in ${sets.join(' and ')}, found ${images.length}.`,
      { fix: 'complete the folder from the official archives', exitCode: exitCodes.failed },
    );
  }
  return { classes, images: images.slice(0, most) };
}

const readers = {
  'digits-voc': (folder, sets) => readVoc(folder, sets, digitClasses),
  'digits-det': (folder, sets) => readVoc(folder, sets, digitClasses),
  voc: (folder, sets) => readVoc(folder, sets, vocClasses),
  'digits-coco': (folder, sets) => readSets(folder, sets, digitClasses),
  coco: (folder, sets) => readSets(folder, sets, cocoClasses),
  'imagenet-det': readDet,
} as const satisfies Record<
  TrainSpec['data']['set'],
  (folder: string, sets: readonly string[]) => Promise<AnnotatedImages>
>;

/** Several sets of COCO, one after the other: trainval is train and val. */
async function readSets(
  folder: string,
  sets: readonly string[],
  classes: readonly string[],
): Promise<AnnotatedImages> {
  const all = await Promise.all(sets.map(set => readCoco(folder, set, classes)));
  return { classes: all[0]!.classes, images: all.flatMap(({ images }) => images) };
}

/** Pictures that are decoded at a time. */
const together = 8;

async function decoded(
  { images }: AnnotatedImages,
  data: TrainSpec['data'],
  kept: number,
): Promise<DetectionImages> {
  const { size } = data;
  const scales = images.map(({ width, height }) => scaleOf(width, height, data));
  const bytes = 3 * size * size;
  const read = (image: number, square: Uint8Array) => readSquare(images[image]!, data, square);
  let square: DetectionImages['square'] = image => read(image, new Uint8Array(bytes));
  if (images.length * bytes <= kept) {
    const all = new Uint8Array(images.length * bytes);
    const own = (image: number) => all.subarray(image * bytes, (image + 1) * bytes);
    for (let first = 0; first < images.length; first += together) {
      const some = Array.from({ length: Math.min(together, images.length - first) }, (_, i) => first + i);
      await Promise.all(some.map(image => read(image, own(image))));
    }
    square = own;
  }
  return {
    ...{ count: images.length, size, square, scales },
    extents: images.map(({ width, height }, i) => {
      return [Math.round(width * scales[i]!), Math.round(height * scales[i]!)];
    }),
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

/** Pixels of the square that one pixel of an image is. */
function scaleOf(
  width: number,
  height: number,
  { shorter, longer }: Pick<TrainSpec['data'], 'shorter' | 'longer'>,
): number {
  if (shorter === null) return 1;
  return Math.min(shorter / Math.min(width, height), longer / Math.max(width, height));
}

/** Decodes an image into the corner of its square. */
async function readSquare(
  { file, width: annotated, height: high }: AnnotatedImage,
  { set, shorter, longer, size }: TrainSpec['data'],
  square: Uint8Array,
): Promise<Uint8Array> {
  const picture = shorter === null ? await readPicture(file) : await readResized(file, { shorter, longer });
  const { width, height, pixels } = picture;
  if (Math.max(width, height) > size) throw tooLarge(file, width, height, size);
  const scale = scaleOf(annotated, high, { shorter, longer });
  // Pictures of ImageNet were annotated at the size at which they were shown, which need not be the file's
  // (image-net.org/download-bboxes): their shapes agree, to a pixel that was shown.
  const apart = set === 'imagenet-det' && shorter !== null ? Math.ceil(scale) + 1 : 0;
  const isOther = (side: number, from: number) => Math.abs(side - Math.round(from * scale)) > apart;
  if (isOther(width, annotated) || isOther(height, high)) throw otherSize(file, annotated, high);
  for (let row = 0; row < 3 * height; row++) {
    const [channel, y] = [Math.floor(row / height), row % height];
    square.set(pixels.subarray(row * width, (row + 1) * width), (channel * size + y) * size);
  }
  return square;
}

function tooLarge(file: string, width: number, height: number, size: number): UserError {
  return new UserError(
    `${file} has ${width} x ${height} pixels, more than the ${size} x ${size} of data.size.`,
    {
      fix: 'set data.shorter and data.longer in the protocol, so that images are resized',
      exitCode: exitCodes.failed,
    },
  );
}

function otherSize(file: string, width: number, height: number): UserError {
  return new UserError(`${file} does not have the ${width} x ${height} pixels of its annotation.`, {
    fix: 'replace the picture and its annotation by those of the official archive',
    exitCode: exitCodes.failed,
  });
}
