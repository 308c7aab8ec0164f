import type { TrainSpec } from './spec.ts';

/** Height and width of the images that the backbone is pretrained on, in pixels. */
export function pretrainedSize({ pretraining }: Pick<TrainSpec, 'pretraining'>): number {
  if ('released' in pretraining) return pretraining.released.crop;
  const { data } = pretraining;
  return data.set === 'imagenet' ? data.crop : 32 / data.downsample;
}
