import type { TrainSpec as BaseSpec, Line, Measure } from '../task.ts';
import type { TrainSpec } from './spec.ts';

const error = { unit: '%', direction: 'lower', decimals: 1 } as const;

/** What is measured of a localiser: errors in percent of the test images. A box is right when it overlaps the object by half. */
export const measures: Readonly<Record<string, Measure>> = {
  classError: { name: 'classification error, dense', ...error },
  oneCrop: { name: 'localisation error with the true class, 1-crop', ...error },
  dense: { name: 'localisation error with the true class, dense', ...error },
  predicted: { name: 'localisation error with the predicted class, dense', ...error },
  trainError: { name: 'training error', unit: '%', direction: 'lower', decimals: 2 },
  trainLoss: { name: 'training loss', unit: 'nats', direction: 'lower', decimals: 4 },
};

/** The lines that a figure can show of a training. */
export const lines: Readonly<Record<string, Line>> = {
  train: {
    curve: 'train',
    value: 'error',
    over: 'iterations',
    short: 'training',
    name: 'training error',
    unit: '%',
    imagesAt({ evaluation: { trainErrorEvery: every }, optimiser }, at) {
      return (at % every || every) * optimiser.batch;
    },
  },
};

/** The measures that a step with this spec records. */
export function measuresOf(spec: BaseSpec): string[] {
  const { step } = spec as TrainSpec;
  const tested = ['classError', 'dense', 'predicted'];
  if (step === 3) return tested;
  return ['trainError', 'trainLoss', ...(step === 1 ? ['oneCrop'] : []), ...tested];
}

/** The error of guessing classes, and the place for nothing; null for others. */
export function chanceOf(measure: string, spec: BaseSpec): number | null {
  const { network, tests } = spec as TrainSpec;
  return measure === 'classError' ? 100 * (1 - tests.guesses / network.classes) : null;
}
