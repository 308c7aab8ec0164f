import type { OpenOptions } from '../task.ts';
import { openDigits } from './digit-images.ts';
import type { LocalisationData } from './images.ts';
import { openPhotographs } from './photographs.ts';
import type { TrainSpec } from './spec.ts';

/** Opens the images of a training. */
export function openData(options: OpenOptions<TrainSpec>): Promise<LocalisationData> {
  const { data } = options.spec;
  return data.set === 'digits-loc' ? openDigits(data, options.dataFolder) : openPhotographs(data, options);
}
