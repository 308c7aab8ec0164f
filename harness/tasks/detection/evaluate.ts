import type { Session } from '../../../backends/contract.ts';
import { anchorsOn, writeCells } from '../../../ml/detection/batches.ts';
import type { Box } from '../../../ml/detection/boxes.ts';
import {
  detectionsOf,
  type Found,
  type RegionOutputs,
  refinedRegions,
  softmaxRows,
} from '../../../ml/detection/detect.ts';
import { type DetectionImages, writeImage } from '../../../ml/detection/images.ts';
import { featureMapOf } from '../../../ml/detection/program.ts';
import { proposalsOf } from '../../../ml/detection/proposals.ts';
import { elements } from '../../../ml/graph/ops.ts';
import type { Program } from '../../../ml/program.ts';
import { arraysFor } from '../feeds.ts';
import type { Between } from '../task.ts';
import type { TrainSpec } from './spec.ts';

/** What a half of a detector is run with. */
export interface Setting {
  session: Session;
  program: Program;
  spec: TrainSpec;
  means: Float32Array;
  classes: number;
}

/** Regions of each test image that are classified together. */
export function regionsTogether({ proposals }: TrainSpec): number {
  return proposals.test;
}

/** The proposals of every image; null when stopped. `most`: of an image. */
export async function propose(
  { session, program, spec, means }: Setting,
  images: DetectionImages,
  most: number,
  between: Between,
): Promise<Box[][] | null> {
  const map = featureMapOf(spec, images.size);
  const anchors = anchorsOn(map, spec.detector);
  const positions = map.rows * map.columns;
  const perPosition = anchors.length / positions;
  const batch = program.evaluationBatch;
  const feeds = arraysFor(program.evaluations.predict.inputs());
  const found: Box[][] = [];
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    const count = Math.min(batch, images.count - first);
    writeBatch(images, first, batch, means, feeds.images as Float32Array);
    const outputs = await session.run('predict', feeds);
    const [logits, offsets] = [outputs, outputs.subarray(batch * anchors.length)];
    for (let i = 0; i < count; i++) {
      const own = {
        logits: logits.subarray(i * anchors.length, (i + 1) * anchors.length),
        offsets: offsets.subarray(4 * i * anchors.length, 4 * (i + 1) * anchors.length),
      };
      const rule = { ...spec.proposals, after: most };
      const { boxes } = proposalsOf(own, { anchors, perPosition }, images.extents[first + i]!, rule);
      // As the next step reads them.
      found.push(boxes.map(box => box.map(Math.fround) as unknown as Box));
    }
  }
  return found;
}

/** What is found in every image, by way of testing: `plain` and those of the spec; null when stopped. */
export async function detect(
  setting: Setting,
  images: DetectionImages,
  proposals: readonly (readonly Box[])[],
  between: Between,
): Promise<Map<string, Found[][]> | null> {
  const { program, spec, classes } = setting;
  const { detections } = spec;
  const found = new Map<string, Found[][]>(
    ['plain', ...detections.tests.map(({ name }) => name)].map(name => [name, []]),
  );
  const refines = detections.tests.some(({ refine }) => refine);
  const batch = program.evaluationBatch;
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    const count = Math.min(batch, images.count - first);
    const extents = images.extents.slice(first, first + count);
    const once = await classify(setting, images, first, proposals.slice(first, first + count));
    const again = refines
      ? await classify(
          setting,
          images,
          first,
          once.map((each, i) => refinedRegions(each, extents[i]!, classes)),
        )
      : [];
    for (const [i, extent] of extents.entries()) {
      const { score, overlap, most } = detections;
      const by = (passes: RegionOutputs[], voting: boolean) =>
        detectionsOf(passes, extent, classes, { score, overlap, most, voting });
      found.get('plain')!.push(by([once[i]!], false));
      for (const { name, refine, voting } of detections.tests)
        found.get(name)!.push(by(refine ? [once[i]!, again[i]!] : [once[i]!], voting));
    }
  }
  return found;
}

/** What Fast R-CNN says of regions of the images from `first` on. */
async function classify(
  { session, program, spec, means, classes }: Setting,
  images: DetectionImages,
  first: number,
  regions: readonly (readonly Box[])[],
): Promise<RegionOutputs[]> {
  const batch = program.evaluationBatch;
  const perImage = regionsTogether(spec);
  const feeds = arraysFor(program.evaluations.predict.inputs());
  writeBatch(images, first, batch, means, feeds.images as Float32Array);
  // A last batch that is not full is filled up with its first image, whose outputs are not read.
  const filled = Array.from({ length: batch }, (_, i) => regions[i] ?? []);
  const extents = filled.map((_, i) => images.extents[first + i] ?? images.extents[first]!);
  writeCells(
    filled,
    extents,
    { map: featureMapOf(spec, images.size), detector: spec.detector, perImage },
    feeds,
  );
  const outputs = await session.run('predict', feeds);
  const columns = classes + 1;
  const rows = batch * perImage;
  const probabilities = softmaxRows(outputs.subarray(0, rows * columns), columns);
  const offsets = outputs.subarray(rows * columns, rows * columns + rows * 4 * classes);
  return regions.map((own, i) => ({
    regions: own.slice(0, perImage),
    probabilities: probabilities.subarray(i * perImage * columns, (i + 1) * perImage * columns),
    offsets: offsets.subarray(4 * i * perImage * classes, 4 * (i + 1) * perImage * classes),
  }));
}

function writeBatch(
  images: DetectionImages,
  first: number,
  batch: number,
  means: Float32Array,
  out: Float32Array,
): void {
  for (let slot = 0; slot < batch; slot++) {
    const image = first + slot < images.count ? first + slot : first;
    writeImage(images, image, means, false, out, slot);
  }
}

/** Numbers that an evaluation of a program gives for a batch. */
export function outputCount(program: Program): number {
  const outputs = [...program.evaluations.predict.build().outputs.values()];
  return outputs.reduce((sum, { shape }) => sum + elements(shape), 0);
}
