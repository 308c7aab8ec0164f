import { featureMapOf } from '../../../ml/detection/backbones.ts';
import { anchorsOn } from '../../../ml/detection/batches.ts';
import {
  detectionsOf,
  type Found,
  type RegionOutputs,
  refinedRegions,
} from '../../../ml/detection/detect.ts';
import type { DetectionImages } from '../../../ml/detection/images.ts';
import { proposalsOf } from '../../../ml/detection/proposals.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { arraysFor } from '../feeds.ts';
import type { Between } from '../task.ts';
import { type Classify, multiScaleClassifier, type Setting, writeBatch } from './classify.ts';
import { pretrainedSize } from './pretrained.ts';

/** The proposals of every image; null when stopped. `most`: of an image. */
export async function propose(
  { session, program, spec, means }: Setting,
  images: DetectionImages,
  most: number,
  between: Between,
): Promise<Regions | null> {
  const map = featureMapOf(spec, images.size);
  const anchors = anchorsOn(map, spec.detector);
  const perPosition = anchors.length / (map.rows * map.columns);
  const batch = program.evaluationBatch;
  const feeds = arraysFor(program.evaluations.predict.inputs());
  const found: Float32Array[] = [];
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    await writeBatch(images, first, { batch, size: images.size, means }, feeds.images as Float32Array);
    const outputs = await session.run('predict', feeds);
    const [logits, offsets] = [outputs, outputs.subarray(batch * anchors.length)];
    for (let i = 0; i < Math.min(batch, images.count - first); i++) {
      const own = {
        logits: logits.subarray(i * anchors.length, (i + 1) * anchors.length),
        offsets: offsets.subarray(4 * i * anchors.length, 4 * (i + 1) * anchors.length),
      };
      const rule = { ...spec.proposals, after: most };
      const { boxes } = proposalsOf(own, { anchors, perPosition }, images.extents[first + i]!, rule);
      found.push(sidesOf(boxes));
    }
  }
  return new Regions(found);
}

/**
 * What is found in every image, by way of testing: `plain` and those of the spec; null when stopped. `wrap`: makes an ensemble
 * of a classifier.
 */
export async function detect(
  setting: Setting,
  images: DetectionImages,
  proposals: Regions,
  [once, wrap]: readonly [Classify, (each: Classify) => Classify],
  between: Between,
): Promise<Map<string, Found[][]> | null> {
  const { program, spec, classes } = setting;
  const { tests, score, overlap, most } = spec.detections;
  const ways = [{ name: 'plain', refine: false, voting: false, sizes: [] as readonly number[] }, ...tests];
  // Objects as the backbone saw them in its pretraining fill about the whole of its images.
  const canonical = pretrainedSize(spec);
  const classify = ways.map(({ sizes }) =>
    sizes.length === 0 ? once : wrap(multiScaleClassifier(setting, sizes, canonical)),
  );
  const found = new Map(ways.map(({ name }) => [name, [] as Found[][]]));
  const batch = program.evaluationBatch;
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    const extents = images.extents.slice(first, first + Math.min(batch, images.count - first));
    const passes = new Map<Classify, RegionOutputs[][]>();
    const passOf = async (by: Classify, refine: boolean) => {
      const own = passes.get(by) ?? [
        await by(
          images,
          first,
          extents.map((_, i) => proposals.of(first + i)),
        ),
      ];
      passes.set(by, own);
      if (refine && own.length === 1) {
        const regions = own[0]!.map((each, i) => refinedRegions(each, extents[i]!, classes));
        own.push(await by(images, first, regions));
      }
      return refine ? own : own.slice(0, 1);
    };
    for (const [way, { name, refine, voting }] of ways.entries()) {
      const outputs = await passOf(classify[way]!, refine);
      for (const [i, extent] of extents.entries()) {
        const own = outputs.map(pass => pass[i]!);
        found.get(name)!.push(detectionsOf(own, extent, classes, { score, overlap, most, voting }));
      }
    }
  }
  return found;
}
