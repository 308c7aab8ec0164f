import type { Session } from '../../../backends/contract.ts';
import { resizePlanes } from '../../../ml/data/resize.ts';
import { featureMapOf } from '../../../ml/detection/backbones.ts';
import { writeCells } from '../../../ml/detection/batches.ts';
import type { Box } from '../../../ml/detection/boxes.ts';
import { type RegionOutputs, softmaxRows } from '../../../ml/detection/detect.ts';
import { type DetectionImages, writeImage } from '../../../ml/detection/images.ts';
import { type ModelState, type Program, partOf } from '../../../ml/program.ts';
import { arraysFor } from '../feeds.ts';
import type { TrainSpec } from './spec.ts';

/** What a half of a detector is run with. */
export interface Setting {
  session: Session;
  program: Program;
  spec: TrainSpec;
  means: Float32Array;
  classes: number;
}

/** Says of regions of the images from `first` on, a batch of them at most, what is in them. */
export type Classify = (
  images: DetectionImages,
  first: number,
  regions: readonly (readonly Box[])[],
) => Promise<RegionOutputs[]>;

/** Regions of each test image that are classified together: those of all members of an ensemble. */
export function regionsTogether({ proposals, members }: TrainSpec): number {
  return proposals.test * members;
}

/** The classifier of a session as it stands, on images as it was trained. */
export function classifier(setting: Setting): Classify {
  return async (images, first, regions) => {
    const { logits, offsets } = await run(setting, images, first, regions, images.size);
    return outputsOf(setting, regions, logits, offsets);
  };
}

/**
 * The classifier on images of several sizes (appendix B, "Multi-scale testing"; He et al. 2014 and Ren et al. 2015, its refs.
 * 12 and 33): of each region the features at two adjacent sizes, the pair at which its sides are nearest to those of the
 * objects that the backbone was pretrained on, are merged by their maximum.
 */
export function multiScaleClassifier(
  setting: Setting,
  sizes: readonly number[],
  canonical: number,
): Classify {
  return async (images, first, regions) => {
    const { program, session, classes } = setting;
    const state = await session.getState();
    const passes = [];
    for (const size of sizes) {
      const scale = size / images.size;
      const scaled = regions.map(own => own.map(box => box.map(side => side * scale) as unknown as Box));
      passes.push(await run(setting, images, first, scaled, size));
    }
    const perImage = regionsTogether(setting.spec);
    const merged = passes[0]!.features.map(features => new Float32Array(features.length));
    for (const [image, own] of regions.entries()) {
      for (const [i, box] of own.slice(0, perImage).entries()) {
        const side = Math.sqrt((box[2] - box[0]) * (box[3] - box[1])) / images.size;
        const pair = nearestPair(
          sizes.map(size => side * size),
          canonical,
        );
        for (const [part, out] of merged.entries()) {
          const width = out.length / (program.evaluationBatch * perImage);
          const row = (image * perImage + i) * width;
          const [a, b] = [passes[pair]!.features[part]!, passes[pair + 1]!.features[part]!];
          for (let k = row; k < row + width; k++) out[k] = Math.max(a[k]!, b[k]!);
        }
      }
    }
    const rows = program.evaluationBatch * perImage;
    const logits = linear(program, state, 'cls_score', merged, rows, classes + 1);
    const offsets = linear(program, state, 'bbox_pred', merged, rows, 4 * classes);
    return outputsOf(setting, regions, logits, offsets);
  };
}

/** Several classifiers of one architecture: probabilities and offsets are averaged over their states. */
export function ensembleClassifier(
  { session }: Setting,
  states: readonly ModelState[],
  each: Classify,
): Classify {
  return async (images, first, regions) => {
    const all: RegionOutputs[][] = [];
    for (const state of states) {
      await session.setState(state);
      all.push(await each(images, first, regions));
    }
    return all[0]!.map((own, image) => ({
      regions: own.regions,
      probabilities: mean(all.map(outputs => outputs[image]!.probabilities)),
      offsets: mean(all.map(outputs => outputs[image]!.offsets)),
    }));
  };
}

/** The pair of adjacent sides, by its first, whose sides are nearest to a length, in proportion. */
export function nearestPair(sides: readonly number[], length: number): number {
  const distance = (side: number) => Math.max(side / length, length / side);
  let best = 0;
  for (let i = 1; i + 1 < sides.length; i++) {
    const at = (first: number) => distance(sides[first]!) * distance(sides[first + 1]!);
    if (at(i) < at(best)) best = i;
  }
  return best;
}

async function run(
  { session, program, spec, means, classes }: Setting,
  images: DetectionImages,
  first: number,
  regions: readonly (readonly Box[])[],
  size: number,
) {
  const batch = program.evaluationBatch;
  const perImage = regionsTogether(spec);
  const feeds = arraysFor(program.evaluations.predict.inputs(size));
  await writeBatch(images, first, { batch, size, means }, feeds.images as Float32Array);
  // A last batch that is not full is filled up with its first image, whose outputs are not read.
  const filled = Array.from({ length: batch }, (_, i) => regions[i] ?? []);
  const extents = filled.map((_, i) => {
    const [width, height] = images.extents[first + i] ?? images.extents[first]!;
    return [(width * size) / images.size, (height * size) / images.size] as const;
  });
  const map = featureMapOf(spec, size);
  writeCells(filled, extents, { map, detector: spec.detector, perImage }, feeds);
  const outputs = await session.run('predict', feeds, { size });
  const rows = batch * perImage;
  const parts = [rows * (classes + 1), rows * 4 * classes];
  const rest = outputs.subarray(parts[0]! + parts[1]!);
  const count = spec.detector.context ? 2 : 1;
  return {
    logits: outputs.subarray(0, parts[0]!),
    offsets: outputs.subarray(parts[0]!, parts[0]! + parts[1]!),
    features: Array.from({ length: count }, (_, i) => {
      return rest.subarray((i * rest.length) / count, ((i + 1) * rest.length) / count);
    }),
  };
}

/** Writes a batch of images, at another size if that is asked for. */
export async function writeBatch(
  images: DetectionImages,
  first: number,
  { batch, size, means }: { batch: number; size: number; means: Float32Array },
  out: Float32Array,
): Promise<void> {
  const own = size === images.size ? out : new Float32Array(batch * 3 * images.size ** 2);
  for (let slot = 0; slot < batch; slot++) {
    const image = first + slot < images.count ? first + slot : first;
    await writeImage(images, image, means, false, own, slot);
  }
  if (own !== out) resizePlanes(own, images.size, size, out);
}

function outputsOf(
  { spec, classes }: Setting,
  regions: readonly (readonly Box[])[],
  logits: Float32Array,
  offsets: Float32Array,
): RegionOutputs[] {
  const perImage = regionsTogether(spec);
  const columns = classes + 1;
  const probabilities = softmaxRows(logits, columns);
  return regions.map((own, i) => ({
    regions: own.slice(0, perImage),
    probabilities: probabilities.subarray(i * perImage * columns, (i + 1) * perImage * columns),
    offsets: offsets.slice(4 * i * perImage * classes, 4 * (i + 1) * perImage * classes),
  }));
}

/** A fully connected layer on merged features, and with context its counterpart on those of the image. */
function linear(
  program: Program,
  { parameters }: ModelState,
  name: string,
  features: readonly Float32Array[],
  rows: number,
  columns: number,
): Float32Array {
  const tensor = (part: string) => partOf(parameters, program.parameters.find(slot => slot.name === part)!);
  const out = new Float32Array(rows * columns);
  for (const [i, own] of features.entries()) {
    const layer = i === 0 ? name : `context_${name}`;
    const [weights, bias] = [tensor(`${layer}.weight`), tensor(`${layer}.bias`)];
    const width = own.length / rows;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = bias[column]!;
        for (let k = 0; k < width; k++) sum += own[row * width + k]! * weights[column * width + k]!;
        out[row * columns + column]! += sum;
      }
    }
  }
  return out;
}

function mean(arrays: readonly Float32Array[]): Float32Array {
  return arrays[0]!.map((_, i) => arrays.reduce((sum, each) => sum + each[i]!, 0) / arrays.length);
}
