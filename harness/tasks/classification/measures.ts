import type { TrainSpec as BaseSpec, Line, Measure } from '../task.ts';
import { imagesOf } from './images.ts';
import type { TestName, TrainSpec } from './spec.ts';

const error = { unit: '%', direction: 'lower', decimals: 2 } as const;
const loss = { unit: 'nats', direction: 'lower', decimals: 4 } as const;

const ratio = { unit: '', direction: 'higher', decimals: 3 } as const;

/** What is measured of a classifier. Errors are percentages of images, losses mean cross-entropies. */
export const measures = {
  /** On all test images, after the last iteration, single view (sec. 4.2). */
  testError: { name: 'test error', ...error },
  testLoss: { name: 'test loss', ...loss },
  /** Mean over the (augmented) batches of the last twentieth of the training. */
  trainError: { name: 'training error', ...error },
  trainLoss: { name: 'training loss', ...loss },
  /** Of the layers' responses and of their gradients: a signal that vanishes makes the ratio vanish. */
  responseRatio: { name: 'smallest response of a layer over the largest', ...ratio },
  gradientRatio: { name: 'smallest gradient of a layer over the largest', ...ratio },
  'single.top1': { name: 'top-1 error, centre crop', ...error },
  'single.top5': { name: 'top-5 error, centre crop', ...error },
  'tenCrop.top1': { name: 'top-1 error, 10-crop', ...error },
  'tenCrop.top5': { name: 'top-5 error, 10-crop', ...error },
  'multiScale.top1': { name: 'top-1 error, multi-scale', ...error },
  'multiScale.top5': { name: 'top-5 error, multi-scale', ...error },
} as const satisfies Record<string, Measure>;

/** The name of a measure of a classifier. */
export type MeasureName = keyof typeof measures;

const errors = { value: 'error', over: 'iterations', unit: '%' } as const;
const responses = {
  curve: 'responses',
  value: 'std',
  over: 'layers',
  unit: '',
  imagesAt: (spec: BaseSpec) => imagesOf((spec as TrainSpec).data).test,
} as const;

/** The lines that a figure can show of a training. */
export const lines = {
  train: {
    ...errors,
    curve: 'train',
    short: 'training',
    name: 'training error',
    /** Those trained on since the previous point. */
    imagesAt({ evaluation: { trainErrorEvery: every }, optimiser }, at) {
      return (at % every || every) * optimiser.batch;
    },
  },
  test: {
    ...errors,
    curve: 'test',
    short: 'test',
    name: 'test error',
    /** The last point is the final error, on all test images. */
    imagesAt(spec, at) {
      const { data, evaluation, schedule } = spec as TrainSpec;
      return at === schedule.iterations ? imagesOf(data).test : evaluation.testErrorImages;
    },
  },
  original: { ...responses, short: 'original', name: 'standard deviation of responses' },
  sorted: { ...responses, short: 'sorted', name: 'standard deviation of responses, sorted', sorted: true },
} as const satisfies Record<string, Line>;

/** The measures that a training with this spec records. */
export function measuresOf(spec: BaseSpec): MeasureName[] {
  const { evaluation } = spec as TrainSpec;
  const tests = evaluation.tests.flatMap(({ name }) => testMeasures(name));
  const signals = evaluation.gradients ? (['responseRatio', 'gradientRatio'] as const) : [];
  return ['testError', 'testLoss', 'trainError', 'trainLoss', ...signals, ...tests];
}

/** The error of guessing one class, or five; null for a loss. */
export function chanceOf(measure: string, { network }: BaseSpec): number | null {
  if (!measure.endsWith('Error') && !/\.top[15]$/.test(measure)) return null;
  return 100 * (1 - (measure.endsWith('.top5') ? 5 : 1) / network.classes);
}

/** The measures of a test protocol. */
export function testMeasures(test: TestName): [`${TestName}.top1`, `${TestName}.top5`] {
  return [`${test}.top1`, `${test}.top5`];
}
