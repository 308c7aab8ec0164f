import { imageNetSize } from '../../ml/data/imagenet.ts';
import type { DataSpec } from '../../ml/data/spec.ts';

/** A data set by name. */
export type DataSet = DataSpec['set'];

/** How many images a training and its tests see, and their height and width as the network is trained on them. */
export interface Images {
  train: number;
  test: number;
  size: number;
}

/** The images of a data specification; of ImageNet all training and all validation images (sec. 4.1). */
export function imagesOf(data: DataSpec): Images {
  return data.set === 'cifar10'
    ? { train: data.trainImages, test: data.testImages, size: 32 / data.downsample }
    : { train: imageNetSize.train, test: imageNetSize.val, size: data.crop };
}
