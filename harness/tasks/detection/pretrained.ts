import type { TrainSpec } from './spec.ts';

/** Height and width of the images that the backbone is pretrained on, in pixels. */
export function pretrainedSize({ pretraining: { data } }: Pick<TrainSpec, 'pretraining'>): number {
  return data.set === 'imagenet' ? data.crop : 32 / data.downsample;
}
