import { TrainingBatches } from '../../ml/data/cifar10/batches.ts';
import { loadCifar10 } from '../../ml/data/cifar10/files.ts';
import { perPixelMean, prepareImages } from '../../ml/data/cifar10/prepare.ts';
import { ensureCifar10 } from '../../ml/data/cifar10/sources.ts';
import type { Program } from '../../ml/program.ts';
import { type Batch, randomBatch } from './problems.ts';
import { Draw } from './random.ts';

/** Batches for the longest training. */
export interface TrainingData {
  /** What they are, for a reader. */
  readonly name: string;
  /** The batch of a step, a function of nothing else. The program's images are 16 x 16. */
  batch(program: Program, step: number): Batch;
}

/** Noise with a pattern for each class: there on every machine. */
export const synthetic: TrainingData = {
  name: 'synthetic images',
  batch: (program, step) => randomBatch(program, new Draw(`batch of step ${step}`)),
};

const images = 2048;

/** CIFAR-10, averaged over squares of two pixels, from a folder or the cache: a `DataError` when it is in neither. */
export async function cifar10(folder?: string): Promise<TrainingData> {
  const place = await ensureCifar10(folder === undefined ? {} : { folder }, []); // nothing is fetched
  const { train } = await loadCifar10(place.folder);
  const small = prepareImages(train, 2, images);
  const mean = perPixelMean(small);
  return {
    name: `CIFAR-10 (${images.toLocaleString('en')} images, 16x16)`,
    batch({ trainBatch }, step) {
      const augmentation = { pad: 2, flip: true };
      const batches = new TrainingBatches({ train: small, mean, seed: 1, batch: trainBatch, augmentation });
      const filled: Batch = {
        images: new Float32Array(trainBatch * mean.length),
        labels: new Int32Array(trainBatch),
      };
      batches.fill(step, filled);
      return filled;
    },
  };
}
