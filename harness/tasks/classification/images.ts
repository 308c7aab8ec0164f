import { imageNetSize } from '../../../ml/data/imagenet/files.ts';
import type { DataSpec } from '../../../ml/data/spec.ts';

/** How many images and classes a training and its tests see, and their height and width as the network sees them. */
export interface Images {
  train: number;
  test: number;
  size: number;
  classes: number;
}

/** The images of a data specification; of ImageNet all training and all validation images (sec. 4.1). */
export function imagesOf(data: DataSpec): Images {
  return data.set !== 'imagenet'
    ? { train: data.trainImages, test: data.testImages, size: 32 / data.downsample, classes: 10 }
    : { train: imageNetSize.train, test: imageNetSize.val, size: data.crop, classes: imageNetSize.classes };
}
