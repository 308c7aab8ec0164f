import type { Batches } from '../../../ml/data/images.ts';
import { EpochOrder } from '../../../ml/data/order.ts';
import { anchorsOf, labelled } from '../../../ml/detection/anchors.ts';
import { type Box, encoded, overlap } from '../../../ml/detection/boxes.ts';
import { localiserMap } from '../../../ml/detection/localiser.ts';
import { sampleAnchors } from '../../../ml/detection/sampling.ts';
import { integerBelow, randomWords } from '../../../ml/optim/random.ts';
import type { Feeds } from '../../../ml/program.ts';
import { type LocalisationData, writeCrop, writeRegion } from './data.ts';
import type { TrainSpec } from './spec.ts';

/** The anchors of images of a size. */
export function anchorsFor(spec: TrainSpec, size: number): Box[] {
  return anchorsOf({ ...localiserMap(spec, size), sides: spec.anchors, ratios: [1] });
}

/** Batches of the proposal network: random crops, with anchors of which the outputs of the true class alone are trained. */
export class CropBatches implements Batches {
  readonly #spec: TrainSpec;
  readonly #data: LocalisationData;
  readonly #seed: number;
  readonly #order: EpochOrder;
  readonly #anchors: Box[];
  readonly #words = new Uint32Array(4);

  constructor(spec: TrainSpec, data: LocalisationData, seed: number) {
    this.#spec = spec;
    this.#data = data;
    this.#seed = seed;
    this.#order = new EpochOrder(seed, data.train.images.count);
    this.#anchors = anchorsFor(spec, spec.data.size);
  }

  fill(iteration: number, out: Feeds): void {
    const { data, sampling, network, optimiser, anchors: sides } = this.#spec;
    const { pad, flip } = data.augmentation;
    const { images, targets, targetWeights, offsets, offsetWeights } = out as Record<string, Float32Array>;
    for (const each of [targets!, targetWeights!, offsets!, offsetWeights!]) each.fill(0);
    const positions = this.#anchors.length / sides.length;
    const drawn = Array.from({ length: optimiser.batch }, (_, slot) => {
      const { epoch, image } = this.#order.at(iteration * optimiser.batch + slot);
      randomWords({ seed: this.#seed, purpose: 'augmentation', epoch, index: image }, this.#words);
      const [down, right, side] = this.#words as unknown as [number, number, number];
      const place = [
        integerBelow(2 * pad + 1, down) - pad,
        integerBelow(2 * pad + 1, right) - pad,
        flip && integerBelow(2, side) === 1,
      ] as const;
      const box = writeCrop(this.#data.train, this.#data.mean, image, place, images!, slot);
      const { positive, negative } = sampling;
      const labels = labelled(this.#anchors, [box], {
        ...{ width: data.size, height: data.size, positive, negative, crossing: true },
      });
      const stream = { seed: this.#seed, purpose: 'sampling', epoch, index: image } as const;
      const sample = sampleAnchors(labels, this.#anchors, [box], sampling.anchors, stream);
      // As many of either, where there are so many.
      const background = sample.background.slice(0, Math.max(1, sample.objects.length));
      return { own: this.#data.train.images.labels[image]!, objects: sample.objects, background };
    });
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
}

/** Offsets of regions are learned in these units, as those of Fast R-CNN. */
export const regionUnits = [0.1, 0.1, 0.2, 0.2] as const;

/** Batches of R-CNN, of regions whatever image they are of ("RoI-centric"): half of them on the object. */
export class WarpedBatches implements Batches {
  readonly #spec: TrainSpec;
  readonly #data: LocalisationData;
  readonly #seed: number;
  readonly #right: readonly Region[];
  readonly #wrong: readonly Region[];

  /** `proposals`: those of the true class of each training image. */
  constructor(spec: TrainSpec, data: LocalisationData, seed: number, proposals: readonly (readonly Box[])[]) {
    this.#spec = spec;
    this.#data = data;
    this.#seed = seed;
    const regions = proposals.flatMap((own, image) => {
      const object = data.train.boxes[image]!;
      return [...own, object].map(box => ({ image, box, shared: overlap(box, object) }));
    });
    const least = spec.sampling.overlap;
    this.#right = regions.filter(({ shared }) => shared >= least);
    this.#wrong = regions.filter(({ shared }) => shared < least);
  }

  fill(iteration: number, out: Feeds): void {
    const { data, network, optimiser } = this.#spec;
    const { images, targets, targetWeights, offsets, offsetWeights } = out as Record<string, Float32Array>;
    for (const each of [targets!, targetWeights!, offsets!, offsetWeights!]) each.fill(0);
    const words = new Uint32Array(optimiser.batch);
    randomWords({ seed: this.#seed, purpose: 'sampling', epoch: iteration, index: 0 }, words);
    for (const [slot, word] of words.entries()) {
      const isRight = this.#wrong.length === 0 || slot % 2 === 0;
      const from = isRight ? this.#right : this.#wrong;
      const { image, box } = from[Math.floor((word / 2 ** 32) * from.length)]!;
      writeRegion(this.#data.train, this.#data.mean, image, box, data.size, images!, slot);
      const at = slot * network.classes + this.#data.train.images.labels[image]!;
      targetWeights![at] = 1 / optimiser.batch;
      if (!isRight) continue;
      targets![at] = 1;
      for (const [part, offset] of encoded(this.#data.train.boxes[image]!, box).entries()) {
        offsets![4 * at + part] = offset / regionUnits[part]!;
        offsetWeights![4 * at + part] = 1 / optimiser.batch;
      }
    }
  }
}

interface Region {
  image: number;
  box: Box;
}
