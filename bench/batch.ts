import { normals } from '../ml/optim/random.ts';
import type { Program } from '../ml/program.ts';

/** Random images, the same every time. */
export function benchImages(program: Program, count: number): Float32Array {
  const images = new Float32Array(count * 3 * program.imageSize ** 2);
  normals({ seed: 1, purpose: 'augmentation', epoch: 0, index: 0 }, 1, images);
  return images;
}

/** A batch to train on. */
export function benchBatch(program: Program): { images: Float32Array; labels: Int32Array } {
  const labels = Int32Array.from({ length: program.trainBatch }, (_, i) => i % program.network.classes);
  return { images: benchImages(program, program.trainBatch), labels };
}
