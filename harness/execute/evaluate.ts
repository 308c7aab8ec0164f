import type { Session } from '../../backends/contract.ts';
import type { View } from '../../ml/data/cifar10/views.ts';
import type { TestSpec } from '../../ml/data/spec.ts';
import { classificationSums } from '../../ml/metrics/classification.ts';
import { standardDeviations } from '../../ml/metrics/moments.ts';
import { addSoftmax } from '../../ml/metrics/scores.ts';
import type { Program } from '../../ml/program.ts';
import type { RunResult } from '../record/types.ts';

/** Images to be evaluated, in whatever way they come. */
export interface TestSet {
  count: number;
  labels: Uint8Array | Uint16Array;
  /** The one view of sec. 4.2, or the centre crop of Figure 4. */
  single: View;
  /** The views that a test protocol averages. */
  views(test: TestSpec): View[];
}

/** Called between batches; false asks to stop, and the evaluation then comes to nothing (null). */
export type Between = () => Promise<boolean>;

/** Test error (percent) and mean cross-entropy of the first `count` images, single view (sec. 4.2). */
export async function evaluate(
  session: Session,
  program: Program,
  { single, labels }: TestSet,
  count: number,
  between: Between,
): Promise<{ error: number; loss: number } | null> {
  const batch = new Float32Array(program.evaluationBatch * imageValues(single.size));
  let errors = 0;
  let loss = 0;
  for (let first = 0; first < count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    const size = Math.min(program.evaluationBatch, count - first);
    await single.fill(first, size, batch);
    const logits = await session.predict(batch.subarray(0, size * imageValues(single.size)), size);
    const score = classificationSums(logits, labels.subarray(first, first + size), program.network.classes);
    errors += score.errors;
    loss += score.loss;
  }
  return { error: (100 * errors) / count, loss: loss / count };
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
  { network: { classes } }: Program,
  views: readonly View[],
  first: number,
  count: number,
  between: Between,
): Promise<Float64Array | null> {
  const largest = Math.max(...views.map(({ size }) => size));
  const batch = new Float32Array(count * imageValues(largest));
  const sums = new Float64Array(count * classes);
  for (const view of views) {
    if (!(await between())) return null;
    const images = batch.subarray(0, count * imageValues(view.size));
    await view.fill(first, count, images);
    addSoftmax(await session.predict(images, count, view.size), classes, sums);
  }
  return sums.map(sum => sum / views.length);
}

/** Standard deviation of each layer's response on all test images (Figure 7), whose number the batch divides. */
export async function measureResponses(
  session: Session,
  program: Program,
  { single, count }: TestSet,
  between: Between,
): Promise<RunResult['responses']> {
  const batch = new Float32Array(program.evaluationBatch * imageValues(single.size));
  const moments: Float32Array[] = [];
  for (let first = 0; first < count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    await single.fill(first, program.evaluationBatch, batch);
    moments.push(Float32Array.from(await session.responses(batch)));
  }
  const deviations = standardDeviations(moments);
  return program.responseLayers.map((layer, i) => ({ layer, std: deviations[i]! }));
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

function imageValues(size: number): number {
  return 3 * size ** 2;
}
