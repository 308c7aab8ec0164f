import type { Batches } from '../data/images.ts';
import { EpochOrder } from '../data/order.ts';
import { integerBelow, randomWords } from '../optim/random.ts';
import type { Feeds } from '../program.ts';
import { anchorsOf, labelled } from './anchors.ts';
import type { Box } from './boxes.ts';
import { offsetUnits } from './detect.ts';
import { type DetectionImages, mirrored, writeImage } from './images.ts';
import type { Regions } from './regions.ts';
import { type FeatureMap, mostInBin, roiBins } from './roi-bins.ts';
import { type RegionSampling, sampleAnchors, sampleRegions } from './sampling.ts';
import type { DetectorSpec } from './spec.ts';

/** What training batches of both halves are made of. */
interface CommonOptions {
  images: DetectionImages;
  means: Float32Array;
  seed: number;
  /** Images of a batch. */
  batch: number;
  /** Whether images are mirrored with probability 1/2. */
  flip: boolean;
  map: FeatureMap;
  detector: DetectorSpec;
}

/** The anchors of a detector on a map. */
export function anchorsOn(map: FeatureMap, { anchors }: DetectorSpec): Box[] {
  return anchorsOf({ ...map, ...anchors });
}

/** Batches of a proposal network, as functions of the iteration: `count` anchors of each image; bounds of their labels. */
export class ProposalBatches implements Batches {
  readonly #options: CommonOptions & { count: number; positive: number; negative: number };
  readonly #anchors: Box[];
  readonly #source: ImageSource;

  constructor(options: CommonOptions & { count: number; positive: number; negative: number }) {
    this.#options = options;
    this.#anchors = anchorsOn(options.map, options.detector);
    this.#source = new ImageSource(options);
  }

  async fill(iteration: number, out: Feeds): Promise<void> {
    const { batch, count, seed, positive, negative, map } = this.#options;
    const { objectness, objectnessWeights, offsets, offsetWeights, images } = floats(out);
    for (const each of [objectness!, objectnessWeights!, offsets!, offsetWeights!]) each.fill(0);
    const positions = map.rows * map.columns;
    const perPosition = this.#anchors.length / positions;
    const sources = await this.#source.writeAll(iteration * batch, batch, images!);
    const drawn = sources.map(({ image, epoch, boxes, extent }) => {
      const [width, height] = extent;
      const labels = labelled(this.#anchors, boxes, { width, height, positive, negative });
      return sampleAnchors(labels, this.#anchors, boxes, count, {
        seed,
        purpose: 'sampling',
        epoch,
        index: image,
      });
    });
    const all = drawn.reduce((sum, { objects, background }) => sum + objects.length + background.length, 0);
    const place = (slot: number, anchor: number, per: number, part: number) => {
      const channel = per * (anchor % perPosition) + part;
      return (slot * per * perPosition + channel) * positions + Math.floor(anchor / perPosition);
    };
    for (const [slot, { objects, background }] of drawn.entries()) {
      for (const anchor of background) objectnessWeights![place(slot, anchor, 1, 0)] = 1 / all;
      for (const { anchor, offsets: own } of objects) {
        objectness![place(slot, anchor, 1, 0)] = 1;
        objectnessWeights![place(slot, anchor, 1, 0)] = 1 / all;
        for (const [part, offset] of own.entries()) {
          offsets![place(slot, anchor, 4, part)] = offset;
          offsetWeights![place(slot, anchor, 4, part)] = 1 / all;
        }
      }
    }
  }
}

/** Batches of Fast R-CNN, as functions of the iteration. `proposals`: of each image. */
export class RegionBatches implements Batches {
  readonly #options: CommonOptions & {
    sampling: RegionSampling;
    proposals: Regions;
    classes: number;
  };
  readonly #source: ImageSource;

  constructor(
    options: CommonOptions & {
      sampling: RegionSampling;
      proposals: Regions;
      classes: number;
    },
  ) {
    this.#options = options;
    this.#source = new ImageSource(options);
  }

  async fill(iteration: number, out: Feeds): Promise<void> {
    const { batch, seed, sampling, proposals, classes, map, detector } = this.#options;
    const { images, offsets, offsetWeights } = floats(out);
    const labels = out.labels as Int32Array;
    offsets!.fill(0);
    offsetWeights!.fill(0);
    const all = batch * sampling.count;
    const sources = await this.#source.writeAll(iteration * batch, batch, images!);
    const regions = sources.map((from, slot) => {
      const { image, epoch, boxes, extent, flipped } = from;
      const own = proposals.of(image).map(box => (flipped ? mirrored(box, extent[0]) : box));
      const stream = { seed, purpose: 'sampling', epoch, index: image } as const;
      const sampled = sampleRegions(own.length > 0 ? own : [wholeImage(extent)], boxes, sampling, stream);
      for (const [i, { object, offsets: moved }] of sampled.entries()) {
        const row = slot * sampling.count + i;
        labels[row] = object === null ? 0 : from.classes[object]! + 1;
        if (object === null) continue;
        for (const [part, offset] of moved!.entries()) {
          const at = 4 * (row * classes + from.classes[object]!) + part;
          offsets![at] = offset / offsetUnits[part]!;
          offsetWeights![at] = 1 / all;
        }
      }
      return sampled.map(({ region }) => region);
    });
    const extents = sources.map(({ extent }) => extent);
    writeCells(regions, extents, { map, detector, perImage: sampling.count }, out);
  }
}

/**
 * Writes where regions are pooled: those of each image in `perImage` rows, empty ones filled up with the whole image, and with
 * context the whole images.
 */
export function writeCells(
  regions: readonly (readonly Box[])[],
  extents: readonly (readonly [number, number])[],
  { map, detector, perImage }: { map: FeatureMap; detector: DetectorSpec; perImage: number },
  out: Feeds,
): void {
  const { bins, context } = detector;
  const positions = map.rows * map.columns;
  const perRegion = bins ** 2 * mostInBin(map, bins);
  const cells = out.cells as Int32Array;
  const write = (boxes: readonly Box[], image: number, row: number) => {
    const found = roiBins(boxes, map, bins);
    for (let i = 0; i < found.length; i++) cells[row * perRegion + i] = image * positions + found[i]!;
  };
  for (const [image, own] of regions.entries()) {
    const filler = wholeImage(extents[image]!);
    const all = Array.from({ length: perImage }, (_, i) => own[i] ?? filler);
    write(all, image, image * perImage);
    if (context) write([filler], image, regions.length * perImage + image);
  }
  if (!context) return;
  const [self, whole] = [out.own as Int32Array, out.whole as Int32Array];
  for (let row = 0; row < regions.length * perImage; row++) {
    self[row] = row;
    whole[row] = regions.length * perImage + Math.floor(row / perImage);
  }
}

function wholeImage([width, height]: readonly [number, number]): Box {
  return [0, 0, width, height];
}

/** Images in the order of a training: shuffled each epoch, perhaps mirrored. */
class ImageSource {
  readonly #options: CommonOptions;
  readonly #order: EpochOrder;
  readonly #word = new Uint32Array(1);

  constructor(options: CommonOptions) {
    this.#options = options;
    this.#order = new EpochOrder(options.seed, options.images.count);
  }

  /** Writes the images from a position on, counted from the start; their objects as they then lie. */
  async writeAll(position: number, count: number, out: Float32Array) {
    const written = [];
    for (let slot = 0; slot < count; slot++) written.push(await this.#write(position + slot, out, slot));
    return written;
  }

  /** Difficult objects are not learned. */
  async #write(position: number, out: Float32Array, slot: number) {
    const { images, means, seed, flip } = this.#options;
    const { epoch, image } = this.#order.at(position);
    randomWords({ seed, purpose: 'augmentation', epoch, index: image }, this.#word);
    const flipped = flip && integerBelow(2, this.#word[0]!) === 1;
    await writeImage(images, image, means, flipped, out, slot);
    const extent = images.extents[image]!;
    const objects = images.objects[image]!.filter(({ difficult }) => !difficult);
    return {
      ...{ image, epoch, flipped, extent },
      boxes: objects.map(({ box }) => (flipped ? mirrored(box, extent[0]) : box)),
      classes: objects.map(object => object.class),
    };
  }
}

function floats(feeds: Feeds): Readonly<Record<string, Float32Array | undefined>> {
  return feeds as Readonly<Record<string, Float32Array | undefined>>;
}
