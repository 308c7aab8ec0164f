import type { Session } from '../../backends/contract.ts';
import { fillEvaluation } from '../../ml/data/batches.ts';
import type { ImageSet } from '../../ml/data/spec.ts';
import { classificationSums } from '../../ml/metrics/classification.ts';
import { standardDeviations } from '../../ml/metrics/moments.ts';
import type { Program } from '../../ml/program.ts';
import type { RunResult } from '../record/types.ts';

/** Images to be evaluated: prepared, and what is subtracted from each. */
export interface TestSet {
  images: ImageSet;
  mean: Float32Array;
}

/** Called between batches; false asks to stop, and the evaluation then comes to nothing (null). */
export type Between = () => Promise<boolean>;

/** Test error (percent) and mean cross-entropy of the first `count` images, single view (sec. 4.2). */
export async function evaluate(
  session: Session,
  program: Program,
  { images, mean }: TestSet,
  count: number,
  between: Between,
): Promise<{ error: number; loss: number } | null> {
  const batch = allocate(program);
  let errors = 0;
  let loss = 0;
  for (let first = 0; first < count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    const size = Math.min(program.evaluationBatch, count - first);
    fillEvaluation(images, mean, first, size, batch);
    const logits = await session.predict(batch.subarray(0, size * imageValues(program)), size);
    const score = classificationSums(
      logits,
      images.labels.subarray(first, first + size),
      program.network.classes,
    );
    errors += score.errors;
    loss += score.loss;
  }
  return { error: (100 * errors) / count, loss: loss / count };
}

/** Standard deviation of each layer's response on all test images (Figure 7), whose number the batch divides. */
export async function measureResponses(
  session: Session,
  program: Program,
  { images, mean }: TestSet,
  between: Between,
): Promise<RunResult['responses']> {
  const batch = allocate(program);
  const moments: Float32Array[] = [];
  for (let first = 0; first < images.count; first += program.evaluationBatch) {
    if (!(await between())) return null;
    fillEvaluation(images, mean, first, program.evaluationBatch, batch);
    moments.push(Float32Array.from(await session.responses(batch)));
  }
  const deviations = standardDeviations(moments);
  return program.responseLayers.map((layer, i) => ({ layer, std: deviations[i]! }));
}

/** The largest divisor of the number of test images up to 250: responses then see each image exactly once. */
export function evaluationBatch(testImages: number): number {
  let size = Math.min(250, testImages);
  while (testImages % size !== 0) size--;
  return size;
}

function allocate(program: Program): Float32Array {
  return new Float32Array(program.evaluationBatch * imageValues(program));
}

function imageValues({ imageSize }: Program): number {
  return 3 * imageSize ** 2;
}
