import type { Session } from '../../../backends/contract.ts';
import type { ImageView } from '../../../ml/data/images.ts';
import { classificationSums } from '../../../ml/metrics/classification.ts';
import { standardDeviations } from '../../../ml/metrics/moments.ts';
import { addSoftmax, wrongImages } from '../../../ml/metrics/scores.ts';
import type { Program } from '../../../ml/program.ts';
import type { Between, CurvePoint } from '../task.ts';
import type { TestSpec } from './spec.ts';
import type { TestSet } from './types.ts';

/** Test error (percent) and mean cross-entropy of the first `count` images, single view (sec. 4.2), and which are wrong. */
export async function evaluate(
  session: Session,
  program: Program,
  { single, labels }: TestSet,
  count: number,
  between: Between,
): Promise<{ error: number; loss: number; wrong: Uint8Array } | null> {
  const values = imageValues(program, single.size);
  const batch = new Float32Array(program.evaluationBatch * values);
  const { classes } = program.network;
  const wrong = new Uint8Array(count);
  let errors = 0;
  let loss = 0;
  for (let first = 0; first < count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    const size = Math.min(program.evaluationBatch, count - first);
    await single.fill(first, size, batch);
    const logits = await session.run('predict', { images: batch.subarray(0, size * values) });
    const own = labels.subarray(first, first + size);
    const score = classificationSums(logits, own, classes);
    wrong.set(wrongImages(logits, own, classes).top1, first);
    errors += score.errors;
    loss += score.loss;
  }
  return { error: (100 * errors) / count, loss: loss / count, wrong };
}

/**
 * Scores of all images under a test protocol, [images, classes]: the mean over the views of softmax (sec. 3.4). Views
 * are taken in turn for each batch of images, so that a reader of files decodes an image once.
 */
export async function scoreTest(
  session: Session,
  program: Program,
  set: TestSet,
  test: TestSpec,
  between: Between,
): Promise<Float32Array | null> {
  const { classes } = program.network;
  const views = set.views(test);
  const scores = new Float32Array(set.count * classes);
  for (let first = 0; first < set.count; first += program.evaluationBatch) {
    const count = Math.min(program.evaluationBatch, set.count - first);
    const batch = await scoreBatch(session, program, views, first, count, between);
    if (!batch) return null;
    scores.set(batch, first * classes);
  }
  return scores;
}

/** Scores, [count, classes], of at most a batch of images from `first` on: the mean over views of softmax, in float64. */
export async function scoreBatch(
  session: Session,
  program: Program,
  views: readonly ImageView[],
  first: number,
  count: number,
  between: Between,
): Promise<Float64Array | null> {
  const { classes } = program.network;
  const largest = Math.max(...views.map(({ size }) => size));
  const batch = new Float32Array(count * imageValues(program, largest));
  const sums = new Float64Array(count * classes);
  for (const { size, fill } of views.map(view => ({ size: view.size, fill: view.fill.bind(view) }))) {
    if (!(await between())) return null;
    const images = batch.subarray(0, count * imageValues(program, size));
    await fill(first, count, images);
    addSoftmax(await session.run('predict', { images }, { size }), classes, sums);
  }
  return sums.map(sum => sum / views.length);
}

/** Standard deviation of each layer's response on all test images (Figure 7), whose number the batch divides. */
export async function measureResponses(
  session: Session,
  program: Program,
  { single, count }: TestSet,
  between: Between,
): Promise<CurvePoint[] | null> {
  const images = new Float32Array(program.evaluationBatch * imageValues(program, single.size));
  const moments: Float32Array[] = [];
  for (let first = 0; first < count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    await single.fill(first, program.evaluationBatch, images);
    moments.push(await session.run('responses', { images }));
  }
  const deviations = standardDeviations(moments);
  return program.responseLayers.map((_, i) => ({ at: i + 1, std: deviations[i]! }));
}

/**
 * The largest divisor of the number of test images up to 250, or up to 10 of images that are larger than 64 pixels, for
 * the sake of memory: responses then see each image exactly once.
 */
export function evaluationBatch(testImages: number, imageSize: number): number {
  let count = Math.min(imageSize > 64 ? 10 : 250, testImages);
  while (testImages % count !== 0) count--;
  return count;
}

/** Values of one image of another size than the program's. */
function imageValues({ inputs }: Program, size: number): number {
  return inputs.images!.shape[1]! * size ** 2;
}
