import { Ahead, quiet } from '../../../ml/data/ahead.ts';
import type { Batches } from '../../../ml/data/images.ts';
import { EpochOrder } from '../../../ml/data/order.ts';
import { anchorsOf, labelled } from '../../../ml/detection/anchors.ts';
import { type Box, clipped, encoded } from '../../../ml/detection/boxes.ts';
import { localiserMap } from '../../../ml/detection/localiser.ts';
import type { Regions } from '../../../ml/detection/regions.ts';
import { sampleAnchors } from '../../../ml/detection/sampling.ts';
import { randomWords } from '../../../ml/optim/random.ts';
import type { Feeds } from '../../../ml/program.ts';
import { nearest } from './boxes.ts';
import type { Crop, RegionSource, TrainingImages } from './images.ts';
import type { TrainSpec } from './spec.ts';

/** The anchors of images of a size. */
export function anchorsFor(spec: TrainSpec, size: number): Box[] {
  return anchorsOf({ ...localiserMap(spec, size), sides: spec.anchors, ratios: [1] });
}

/** Batches of the proposal network: random crops, with anchors of which the outputs of the true class alone are trained. */
export class CropBatches implements Batches {
  readonly #spec: TrainSpec;
  readonly #train: TrainingImages;
  readonly #seed: number;
  readonly #order: EpochOrder;
  readonly #anchors: Box[];
  readonly #begun: Ahead<Sample[]>;

  constructor(spec: TrainSpec, train: TrainingImages, seed: number) {
    this.#spec = spec;
    this.#train = train;
    this.#seed = seed;
    this.#order = new EpochOrder(seed, train.count);
    this.#anchors = anchorsFor(spec, spec.data.size);
    this.#begun = new Ahead(iteration => this.#begin(iteration), train.ahead);
  }

  async fill(iteration: number, out: Feeds): Promise<void> {
    const { sampling, network, anchors: sides } = this.#spec;
    const { images, targets, targetWeights, offsets, offsetWeights } = out as Record<string, Float32Array>;
    for (const each of [targets!, targetWeights!, offsets!, offsetWeights!]) each.fill(0);
    const positions = this.#anchors.length / sides.length;
    const drawn = [];
    for (const [slot, { image, epoch, crop }] of this.#begun.take(iteration).entries()) {
      const { boxes, write } = await crop;
      write(images!, slot);
      const stream = { seed: this.#seed, purpose: 'sampling', epoch, index: image } as const;
      const sample = sampleAnchors(this.#labels(boxes), this.#anchors, boxes, sampling.anchors, stream);
      // As many of either, where there are so many.
      const background = sample.background.slice(0, Math.max(1, sample.objects.length));
      drawn.push({ own: this.#train.labels[image]!, objects: sample.objects, background });
    }
    const all = drawn.reduce((sum, { objects, background }) => sum + objects.length + background.length, 0);
    const outputs = sides.length * network.classes;
    const at = (slot: number, anchor: number, own: number, per: number, part: number) => {
      const channel = per * ((anchor % sides.length) * network.classes + own) + part;
      return (slot * per * outputs + channel) * positions + Math.floor(anchor / sides.length);
    };
    for (const [slot, { own, objects, background }] of drawn.entries()) {
      for (const anchor of background) targetWeights![at(slot, anchor, own, 1, 0)] = 1 / all;
      for (const { anchor, offsets: moved } of objects) {
        targets![at(slot, anchor, own, 1, 0)] = 1;
        targetWeights![at(slot, anchor, own, 1, 0)] = 1 / all;
        for (const [part, offset] of moved.entries()) {
          offsets![at(slot, anchor, own, 4, part)] = offset;
          offsetWeights![at(slot, anchor, own, 4, part)] = 1 / all;
        }
      }
    }
  }

  #labels(boxes: readonly Box[]) {
    const { data, sampling } = this.#spec;
    const { positive, negative } = sampling;
    const bounds = { width: data.size, height: data.size, positive, negative, crossing: true };
    return labelled(this.#anchors, boxes, bounds);
  }

  #begin(iteration: number): Sample[] {
    const { batch } = this.#spec.optimiser;
    return Array.from({ length: batch }, (_, slot) => {
      const { epoch, image } = this.#order.at(iteration * batch + slot);
      const words = new Uint32Array(4);
      randomWords({ seed: this.#seed, purpose: 'augmentation', epoch, index: image }, words);
      return { epoch, image, crop: quiet(this.#train.crop(image, words)) };
    });
  }
}

/** Offsets of regions are learned in these units, as those of Fast R-CNN. */
export const regionUnits = [0.1, 0.1, 0.2, 0.2] as const;

/** Batches of R-CNN, of regions whatever image they are of ("RoI-centric"): half of them on the object. */
export class WarpedBatches implements Batches {
  readonly #spec: TrainSpec;
  readonly #train: TrainingImages;
  readonly #seed: number;
  readonly #proposals: Regions;
  /** Of the regions of all images before each one, and last of all: those on the object, and the others. */
  readonly #before: Readonly<Record<'right' | 'wrong', Uint32Array>>;
  readonly #begun: Ahead<Region[]>;

  /** `proposals`: those of the true class of each training image. Its objects themselves are regions too. */
  constructor(spec: TrainSpec, train: TrainingImages, seed: number, proposals: Regions) {
    this.#spec = spec;
    this.#train = train;
    this.#seed = seed;
    this.#proposals = proposals;
    this.#before = { right: new Uint32Array(train.count + 1), wrong: new Uint32Array(train.count + 1) };
    const { right, wrong } = this.#before;
    for (let image = 0; image < train.count; image++) {
      const regions = this.#regionsOf(image);
      const count = regions.filter(({ isRight }) => isRight).length;
      right[image + 1] = right[image]! + count;
      wrong[image + 1] = wrong[image]! + regions.length - count;
    }
    this.#begun = new Ahead(iteration => this.#begin(iteration), train.ahead);
  }

  async fill(iteration: number, out: Feeds): Promise<void> {
    const { data, network, optimiser } = this.#spec;
    const { images, targets, targetWeights, offsets, offsetWeights } = out as Record<string, Float32Array>;
    for (const each of [targets!, targetWeights!, offsets!, offsetWeights!]) each.fill(0);
    for (const [slot, { image, box, object, isRight, source }] of this.#begun.take(iteration).entries()) {
      (await source).warp(box, data.size, images!, slot);
      const at = slot * network.classes + this.#train.labels[image]!;
      targetWeights![at] = 1 / optimiser.batch;
      if (!isRight) continue;
      targets![at] = 1;
      for (const [part, offset] of encoded(object, box).entries()) {
        offsets![4 * at + part] = offset / regionUnits[part]!;
        offsetWeights![4 * at + part] = 1 / optimiser.batch;
      }
    }
  }

  #begin(iteration: number): Region[] {
    const words = new Uint32Array(this.#spec.optimiser.batch);
    randomWords({ seed: this.#seed, purpose: 'sampling', epoch: iteration, index: 0 }, words);
    return Array.from(words, (word, slot) => {
      const which = this.#before.wrong.at(-1) === 0 || slot % 2 === 0 ? 'right' : 'wrong';
      const before = this.#before[which];
      const place = Math.floor((word / 2 ** 32) * before.at(-1)!);
      const image = imageAt(before, place);
      const own = this.#regionsOf(image).filter(({ isRight }) => isRight === (which === 'right'));
      return {
        ...own[place - before[image]!]!,
        image,
        source: quiet(this.#train.source(image)),
      };
    });
  }

  /** The proposals of an image, then its objects: each with the object that it overlaps most. */
  #regionsOf(image: number) {
    const objects = this.#train.boxes(image);
    const [width, height] = this.#train.extent(image);
    const seen = objects.map(box => clipped(box, width, height));
    return [...this.#proposals.of(image), ...seen].map(box => {
      const { object, shared } = nearest(box, seen);
      return { box, object, isRight: shared >= this.#spec.sampling.overlap };
    });
  }
}

/** A crop that is being read. */
interface Sample {
  epoch: number;
  image: number;
  crop: Crop | Promise<Crop>;
}

/** A region that is drawn, of an image that is being read. */
interface Region {
  image: number;
  box: Box;
  object: Box;
  isRight: boolean;
  source: RegionSource | Promise<RegionSource>;
}

/** The image that a region is of, by its place among those of all images. */
function imageAt(before: Uint32Array, place: number): number {
  let [low, high] = [0, before.length - 1];
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if (before[middle]! <= place) low = middle;
    else high = middle;
  }
  return low;
}
