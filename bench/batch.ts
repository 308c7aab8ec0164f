import { elements } from '../ml/graph/ops.ts';
import { normals } from '../ml/optim/random.ts';
import type { InputSpec, Program } from '../ml/program.ts';

/** A batch to train on. */
export function benchBatch({ inputs, trainBatch, network }: Program) {
  const labels = Int32Array.from({ length: trainBatch }, (_, i) => i % network.classes);
  return { images: randomImages(inputs.images!), labels };
}

/** A batch to evaluate. */
export function benchImages({ evaluations }: Program) {
  return { images: randomImages(evaluations.predict.inputs().images!) };
}

/** Random images, the same every time. */
function randomImages({ shape }: InputSpec): Float32Array {
  const images = new Float32Array(elements(shape));
  normals({ seed: 1, purpose: 'augmentation', epoch: 0, index: 0 }, 1, images);
  return images;
}
