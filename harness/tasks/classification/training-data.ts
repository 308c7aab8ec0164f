import { TrainingBatches } from '../../../ml/data/cifar10/batches.ts';
import { loadCifar10 } from '../../../ml/data/cifar10/files.ts';
import { perPixelMean, prepareImages } from '../../../ml/data/cifar10/prepare.ts';
import { singleView, testViews } from '../../../ml/data/cifar10/views.ts';
import type { CifarData, DigitData, ImageSet } from '../../../ml/data/spec.ts';
import type { TrainingData, TrainingOptions } from './types.ts';

/** Reads CIFAR-10 from a folder; the verified files unless a test has others. */
export type LoadImages = (folder: string) => Promise<{ train: ImageSet; test: ImageSet }>;

/** Opens the data of a training: CIFAR-10 in memory, or ImageNet's files, which are decoded ahead of the loop. */
export async function openTrainingData(
  options: TrainingOptions,
  loadImages: LoadImages = loadCifar10,
): Promise<TrainingData> {
  const { data } = options.spec;
  if (data.set === 'cifar10') return cifarData(options, data, await loadImages(options.dataFolder));
  if (data.set === 'digits') {
    const { loadDigitCrops } = await import('../../../ml/data/digits/sources.ts');
    return cifarData(options, data, await loadDigitCrops(options.dataFolder));
  }
  const { imageNetTraining } = await import('./imagenet.ts');
  return imageNetTraining(options, data);
}

/** Images in memory, the mean of the training images subtracted. */
function cifarData(
  { spec, seed }: Pick<TrainingOptions, 'spec' | 'seed'>,
  data: CifarData | DigitData,
  sets: { train: ImageSet; test: ImageSet },
): TrainingData {
  const train = prepareImages(sets.train, data.downsample, data.trainImages);
  const images = prepareImages(sets.test, data.downsample, data.testImages);
  const mean = perPixelMean(train);
  const { augmentation } = data;
  return {
    batches: new TrainingBatches({ train, mean, seed, batch: spec.optimiser.batch, augmentation }),
    test: {
      count: images.count,
      labels: images.labels,
      single: singleView(images, mean),
      views: test => testViews(test, images, mean),
    },
    close: async () => {},
  };
}
