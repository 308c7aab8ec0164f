import type { Program } from '../../ml/program.ts';

/** Arrays for the batch of a training step, as its program wants them; they may be filled again after each step. */
export function feedsFor({ inputs }: Program): { images: Float32Array; labels: Int32Array } {
  const [images, labels] = [inputs.images!, inputs.labels!];
  return {
    images: new Float32Array(images.shape.reduce((a, b) => a * b, 1)),
    labels: new Int32Array(labels.shape.reduce((a, b) => a * b, 1)),
  };
}
