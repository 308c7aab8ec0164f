import { TrainingBatches } from '../../ml/data/cifar10/batches.ts';
import { loadCifar10 } from '../../ml/data/cifar10/files.ts';
import { perPixelMean, prepareImages } from '../../ml/data/cifar10/prepare.ts';
import { singleView, testViews } from '../../ml/data/cifar10/views.ts';
import type { CifarData, ImageSet } from '../../ml/data/spec.ts';
import type { RunData, WorkerOrder } from './types.ts';

/** Reads CIFAR-10 from a folder; the verified files unless a test has others. */
export type LoadImages = (folder: string) => Promise<{ train: ImageSet; test: ImageSet }>;

/** Opens the data of a run. */
export async function openData(order: WorkerOrder, loadImages: LoadImages = loadCifar10): Promise<RunData> {
  const { data } = order.identity.spec;
  if (data.set === 'cifar10') return cifarData(order, data, await loadImages(order.dataFolder));
  const { imageNetData } = await import('./imagenet.ts');
  return imageNetData(order, data);
}

/** Images in memory, the mean of the training images subtracted. */
function cifarData(
  { identity: { spec, seed } }: WorkerOrder,
  data: CifarData,
  sets: { train: ImageSet; test: ImageSet },
): RunData {
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
