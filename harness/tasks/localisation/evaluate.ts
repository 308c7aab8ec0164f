import type { Session } from '../../../backends/contract.ts';
import { fillEvaluation } from '../../../ml/data/cifar10/batches.ts';
import { resizePlanes } from '../../../ml/data/resize.ts';
import { type Box, overlap } from '../../../ml/detection/boxes.ts';
import { localiserMap } from '../../../ml/detection/localiser.ts';
import type { Program } from '../../../ml/program.ts';
import { arraysFor } from '../feeds.ts';
import type { Between } from '../task.ts';
import { anchorsFor, regionUnits } from './batches.ts';
import { type Candidates, placed, sigmoid } from './boxes.ts';
import { type ObjectImages, writeRegion } from './data.ts';
import type { TrainSpec } from './spec.ts';

/** What a half of a localiser is run with. */
export interface Setting {
  session: Session;
  program: Program;
  spec: TrainSpec;
  mean: Float32Array;
}

/**
 * Candidates of the true class of every image, from images of some sizes, fully convolutional; null when stopped. Boxes are in
 * pixels of the images as they are used.
 */
export async function candidatesOf(
  { session, program, spec, mean }: Setting,
  { images }: ObjectImages,
  sizes: readonly number[],
  between: Between,
): Promise<Candidates[] | null> {
  const batch = program.evaluationBatch;
  const { classes } = spec.network;
  const found = Array.from({ length: images.count }, (): Candidates => ({ boxes: [], scores: [] }));
  const whole = new Float32Array(batch * mean.length);
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    const count = Math.min(batch, images.count - first);
    whole.fill(0);
    fillEvaluation(images, mean, first, count, whole);
    for (const size of sizes) {
      const feeds = arraysFor(program.evaluations.predict.inputs(size));
      resizePlanes(whole, images.size, size, feeds.images as Float32Array);
      const outputs = await session.run('predict', feeds, { size });
      const anchors = anchorsFor(spec, size);
      const map = localiserMap(spec, size);
      const positions = map.rows * map.columns;
      const perPosition = spec.anchors.length;
      const values = anchors.length * classes;
      const offsets = outputs.subarray(batch * values);
      const scale = images.size / size;
      for (let i = 0; i < count; i++) {
        const own = images.labels[first + i]!;
        for (const [place, anchor] of anchors.entries()) {
          const [position, kind] = [Math.floor(place / perPosition), place % perPosition];
          const channel = kind * classes + own;
          const score = sigmoid(outputs[i * values + channel * positions + position]!);
          const at = (part: number) => 4 * i * values + (4 * channel + part) * positions + position;
          const box = placed(offsets, at, anchor, size);
          if (box[2] <= box[0] || box[3] <= box[1]) continue;
          found[first + i]!.boxes.push(box.map(side => Math.fround(side * scale)) as unknown as Box);
          found[first + i]!.scores.push(score);
        }
      }
    }
  }
  return found;
}

/** What R-CNN makes of regions of every image, of its true class; null when stopped. */
export async function reclassify(
  { session, program, spec, mean }: Setting,
  test: ObjectImages,
  regions: readonly (readonly Box[])[],
  between: Between,
): Promise<Candidates[] | null> {
  const batch = program.evaluationBatch;
  const { classes } = spec.network;
  const { size } = spec.data;
  const all = regions.flatMap((own, image) => own.map(box => ({ image, box })));
  const found = regions.map((): Candidates => ({ boxes: [], scores: [] }));
  const feeds = arraysFor(program.evaluations.predict.inputs());
  for (let first = 0; first < all.length; first += batch) {
    if (!(await between())) return null;
    const some = all.slice(first, first + batch);
    for (const [slot, { image, box }] of some.entries())
      writeRegion(test, mean, image, box, size, feeds.images as Float32Array, slot);
    const outputs = await session.run('predict', feeds);
    const offsets = outputs.subarray(batch * classes).slice();
    for (const [i] of offsets.entries()) offsets[i]! *= regionUnits[i % 4]!;
    for (const [slot, { image, box }] of some.entries()) {
      const own = slot * classes + test.images.labels[image]!;
      const { boxes, scores } = found[image]!;
      scores.push(sigmoid(outputs[own]!));
      boxes.push(placed(offsets, part => 4 * own + part, box, test.images.size));
    }
  }
  return found;
}

/** Errors of one box an image, in percent: of the boxes alone, and of boxes and predicted classes together. */
export function errorsOf(
  boxes: readonly Box[],
  { images, boxes: truth }: ObjectImages,
  predicted: ArrayLike<number>,
): { dense: number; predicted: number; classError: number } {
  let [wrongBox, wrongClass, wrong] = [0, 0, 0];
  for (const [image, box] of boxes.entries()) {
    const misses = overlap(box, truth[image]!) < 0.5;
    const mistakes = predicted[image] !== images.labels[image];
    if (misses) wrongBox++;
    if (mistakes) wrongClass++;
    if (misses || mistakes) wrong++;
  }
  const percent = (count: number) => (100 * count) / boxes.length;
  return { dense: percent(wrongBox), predicted: percent(wrong), classError: percent(wrongClass) };
}
