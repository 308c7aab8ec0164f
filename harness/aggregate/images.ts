import type { Task } from '../tasks/task.ts';
import { type Runs, trainingsOf } from './runs.ts';

/**
 * What other test images would scatter a number by, in percentage points: a statement about these networks on these images
 * does not need it, one about images in general does.
 */
export interface ImageError {
  /** Standard error over images. */
  error: number;
  images: number;
}

/**
 * Standard error over images of a mean over seeds, or of the difference of two such means on the same images: the variance
 * over images of (mean of a - mean of b), less what seeds alone would leave of it, over the number of images. Null where
 * some run has left no outcomes, or a side has fewer than two seeds.
 */
export function imageErrorOf(
  networks: readonly [string] | readonly [string, string],
  measure: string,
  runs: Runs,
  { outcomes }: Pick<Task, 'outcomes'>,
): ImageError | null {
  const sides = networks.map(network =>
    trainingsOf(runs, network).map(({ key }) => outcomes(measure, file => runs.artefact(key, file))),
  );
  if (sides.some(seeds => seeds.length < 2 || seeds.includes(null))) return null;
  const [a, b] = sides as Uint8Array[][];
  const images = a![0]!.length;
  if (images < 2 || sides.flat().some(each => each!.length !== images)) return null;
  return { error: 100 * Math.sqrt(imageVariance(a!, b ?? null)), images };
}

/** Of fractions; `a` and `b`: [seeds][images] of 0 and 1. */
export function imageVariance(a: readonly Uint8Array[], b: readonly Uint8Array[] | null): number {
  const images = a[0]!.length;
  let [sum, squares, within] = [0, 0, 0];
  for (let image = 0; image < images; image++) {
    const [ours, theirs] = [momentsAt(a, image), b ? momentsAt(b, image) : { mean: 0, noise: 0 }];
    const apart = ours.mean - theirs.mean;
    sum += apart;
    squares += apart ** 2;
    within += ours.noise + theirs.noise;
  }
  const variance = (squares - sum ** 2 / images) / (images - 1);
  return Math.max(0, variance - within / images) / images;
}

/** Mean over seeds of the outcomes of an image, and the variance of that mean. */
function momentsAt(seeds: readonly Uint8Array[], image: number): { mean: number; noise: number } {
  const n = seeds.length;
  let wrong = 0;
  for (const outcomes of seeds) wrong += outcomes[image]!;
  const mean = wrong / n;
  return { mean, noise: (mean * (1 - mean)) / (n - 1) };
}
