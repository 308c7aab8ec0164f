import { detClasses } from '../../../ml/data/ilsvrc/classes.ts';
import type { TrainSpec as BaseSpec, Line, Measure } from '../task.ts';
import { cocoClasses, digitClasses, vocClasses } from './classes.ts';
import type { TestName, TrainSpec } from './spec.ts';
import { isOfProposals } from './steps.ts';

const precision = { unit: '%', direction: 'higher', decimals: 1 } as const;

/** Ways of averaging precision; names of the measures of all classes together. */
const averages = {
  elevenPoint: 'mAP at overlap .5, at eleven recalls',
  area: 'mAP at overlap .5, area under the curve',
  coco50: 'mAP@.5 by the rules of COCO',
  coco: 'mAP@[.5, .95] by the rules of COCO',
} as const;

/** The name of a way of averaging. */
export type Average = keyof typeof averages;

const tests = {
  refined: 'with box refinement',
  voted: 'with box voting',
  multiScale: 'with box refinement, at several scales',
} as const satisfies Record<TestName, string>;

/** What is measured of a detector, and of the steps of its training. Precisions are percentages. */
export const measures: Readonly<Record<string, Measure>> = {
  ...Object.fromEntries(
    Object.entries(averages).flatMap(([average, name]) => [
      [average, { name, ...precision }],
      ...Object.entries(tests).map(([test, words]) => [
        `${test}.${average}`,
        { name: `${name}, ${words}`, ...precision },
      ]),
    ]),
  ),
  ...Object.fromEntries(
    [...vocClasses, ...digitClasses, ...cocoClasses, ...detClasses.map(({ name }) => name)].flatMap(name => [
      [`elevenPoint.${name}`, { name: `AP of ${name}, at eleven recalls`, ...precision }],
      [`area.${name}`, { name: `AP of ${name}, area under the curve`, ...precision }],
    ]),
  ),
  /** Of the proposals of test images, or of training images in the first step. */
  recall: { name: 'objects that a proposal overlaps by half', ...precision },
  trainError: { name: 'training error', unit: '%', direction: 'lower', decimals: 2 },
  trainLoss: { name: 'training loss', unit: 'nats', direction: 'lower', decimals: 4 },
};

/** Names of the averages. */
const averageNames = Object.keys(averages) as readonly Average[];

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

/** The measures that a step with this spec records; those of classes that have test objects besides. */
export function measuresOf(spec: BaseSpec): string[] {
  const own = spec as TrainSpec;
  const trained = own.step === 5 ? [] : ['trainError', 'trainLoss'];
  if (isOfProposals(own)) return [...trained, 'recall'];
  if (own.step === 2) return trained;
  const tested = own.detections.tests.flatMap(({ name }) => averageNames.map(each => `${name}.${each}`));
  return [...trained, ...averageNames, ...tested];
}
