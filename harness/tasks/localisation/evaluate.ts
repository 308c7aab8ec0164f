import type { Session } from '../../../backends/contract.ts';
import { type Box, overlap } from '../../../ml/detection/boxes.ts';
import { localiserMap } from '../../../ml/detection/localiser.ts';
import type { Regions } from '../../../ml/detection/regions.ts';
import type { Program } from '../../../ml/program.ts';
import { arraysFor } from '../feeds.ts';
import type { Between } from '../task.ts';
import { anchorsFor, regionUnits } from './batches.ts';
import { type Candidates, placed, sigmoid } from './boxes.ts';
import type { ObjectImages, View } from './images.ts';
import type { TrainSpec } from './spec.ts';

/** What a half of a localiser is run with. */
export interface Setting {
  session: Session;
  program: Program;
  spec: TrainSpec;
}

/**
 * What is made of the candidates of the true class of every image, one after the other, from views of it, fully
 * convolutional; null when stopped. Boxes are in pixels of the images as they were annotated.
 */
export async function candidatesOf<T>(
  setting: Setting,
  images: ObjectImages,
  views: readonly View[],
  take: (candidates: Candidates) => T,
  between: Between,
): Promise<T[] | null> {
  const batch = setting.program.evaluationBatch;
  const taken: T[] = [];
  for (let first = 0; first < images.count; first += batch) {
    if (!(await between())) return null;
    const count = Math.min(batch, images.count - first);
    const found = Array.from({ length: count }, (): Candidates => ({ boxes: [], scores: [] }));
    for (const view of views) await addCandidates(setting, images, view, first, found);
    for (const candidates of found) taken.push(take(candidates));
  }
  return taken;
}

/** Adds those of some images from one view: of the anchors whose centres lie within the image. */
async function addCandidates(
  { session, program, spec }: Setting,
  { labels }: ObjectImages,
  view: View,
  first: number,
  found: readonly Candidates[],
): Promise<void> {
  const { size } = view;
  const { classes } = spec.network;
  const feeds = arraysFor(program.evaluations.predict.inputs(size));
  await view.fill(first, found.length, feeds.images as Float32Array);
  const outputs = await session.run('predict', feeds, { size });
  const anchors = anchorsFor(spec, size);
  const { rows, columns: across } = localiserMap(spec, size);
  const positions = rows * across;
  const perPosition = spec.anchors.length;
  const values = anchors.length * classes;
  const offsets = outputs.subarray(program.evaluationBatch * values);
  for (const [i, { boxes, scores }] of found.entries()) {
    const image = first + i;
    const extent = view.extent(image);
    for (const [place, anchor] of anchors.entries()) {
      if (!isWithin(anchor, extent)) continue;
      const [position, kind] = [Math.floor(place / perPosition), place % perPosition];
      const channel = kind * classes + labels[image]!;
      const score = sigmoid(outputs[i * values + channel * positions + position]!);
      const at = (part: number) => 4 * i * values + (4 * channel + part) * positions + position;
      const box = placed(offsets, at, anchor, extent);
      if (box[2] <= box[0] || box[3] <= box[1]) continue;
      boxes.push(view.annotated(image, box).map(Math.fround) as unknown as Box);
      scores.push(score);
    }
  }
}

function isWithin([left, top, right, bottom]: Box, [columns, rows]: readonly [number, number]): boolean {
  return left + right < 2 * columns && top + bottom < 2 * rows;
}

/** What R-CNN makes of regions of the images from `first` to `end`, of the true class of each; null when stopped. */
export async function reclassify(
  { session, program, spec }: Setting,
  test: ObjectImages,
  regions: Regions,
  [first, end]: readonly [number, number],
  between: Between,
): Promise<Candidates[] | null> {
  const batch = program.evaluationBatch;
  const { classes } = spec.network;
  const feeds = arraysFor(program.evaluations.predict.inputs());
  const found = Array.from({ length: end - first }, (): Candidates => ({ boxes: [], scores: [] }));
  let some: { image: number; box: Box }[] = [];
  const classify = async () => {
    const outputs = await session.run('predict', feeds);
    const offsets = outputs.subarray(batch * classes).slice();
    for (const [i] of offsets.entries()) offsets[i]! *= regionUnits[i % 4]!;
    for (const [slot, { image, box }] of some.entries()) {
      const own = slot * classes + test.labels[image]!;
      const { boxes, scores } = found[image - first]!;
      scores.push(sigmoid(outputs[own]!));
      boxes.push(placed(offsets, part => 4 * own + part, box, test.extent(image)));
    }
    some = [];
  };
  const sourceOf = test.sources(end);
  for (let image = first; image < end; image++) {
    const source = await sourceOf(image);
    for (const box of regions.of(image)) {
      source.warp(box, spec.data.size, feeds.images as Float32Array, some.length);
      some.push({ image, box });
      if (some.length < batch) continue;
      if (!(await between())) return null;
      await classify();
    }
  }
  if (some.length > 0) await classify();
  return found;
}

/**
 * Errors of one box an image, in percent, by the rules of ILSVRC's development kit (eval_clsloc.m, compute_overlap.m): a box
 * is right when it overlaps any object of the class by half or more. `guesses`: the likeliest classes of each image. One of
 * them has to be right, and so has its box: that of the true class, whatever boxes the other classes have.
 */
export function errorsOf(
  boxes: readonly (Box | null)[],
  { labels, boxes: objectsOf }: Pick<ObjectImages, 'labels' | 'boxes'>,
  guesses: (image: number) => readonly number[],
): { dense: number; predicted: number; classError: number } {
  let [wrongBox, wrongClass, wrong] = [0, 0, 0];
  for (const [image, box] of boxes.entries()) {
    const misses = !(box && objectsOf(image).some(object => overlap(box, object) >= 0.5));
    const mistakes = !guesses(image).includes(labels[image]!);
    if (misses) wrongBox++;
    if (mistakes) wrongClass++;
    if (misses || mistakes) wrong++;
  }
  const percent = (count: number) => (100 * count) / boxes.length;
  return { dense: percent(wrongBox), predicted: percent(wrong), classError: percent(wrongClass) };
}

/** The places of the `most` best scores, best first; of equal ones the first. */
export function bestClasses(scores: Float32Array, most: number): number[] {
  const best: number[] = [];
  for (const [place, score] of scores.entries()) {
    const rank = best.findIndex(other => scores[other]! < score);
    if (rank >= 0) best.splice(rank, 0, place);
    else if (best.length < most) best.push(place);
    if (best.length > most) best.pop();
  }
  return best;
}
