import type { TrainSpec as BaseSpec, Line, Measure } from '../task.ts';
import { classNames } from './classes.ts';
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

/** Averages that are those of each class, by the rules of VOC. */
const ofClasses = {
  elevenPoint: 'at eleven recalls',
  area: 'area under the curve',
} as const satisfies Partial<Record<Average, string>>;

const setNames = Object.keys(classNames) as readonly DataSetName[];

type DataSetName = TrainSpec['data']['set'];

/** Whether precisions of each class are recorded of every way of testing: Tables 10 and 11 print them; digits are not in them. */
function isTestedByClass(set: DataSetName): boolean {
  return set === 'voc';
}

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
    Object.entries(ofClasses).flatMap(([average, words]) =>
      [...new Set(Object.values(classNames).flat())].flatMap(name => {
        const sets = setNames.filter(set => classNames[set].includes(name));
        const own = { name: `AP of ${name}, ${words}`, ...precision, sets };
        return [
          [`${average}.${name}`, own],
          ...Object.entries(tests).map(([test, how]) => [
            `${test}.${average}.${name}`,
            { ...own, name: `${own.name}, ${how}`, sets: sets.filter(isTestedByClass) },
          ]),
        ];
      }),
    ),
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

/** The measures that a step with this spec records. */
export function measuresOf(spec: BaseSpec): string[] {
  const own = spec as TrainSpec;
  const trained = own.step === 5 ? [] : ['trainError', 'trainLoss'];
  if (isOfProposals(own)) return [...trained, 'recall'];
  if (own.step === 2) return trained;
  const tested = own.detections.tests.flatMap(({ name }) => averageNames.map(each => `${name}.${each}`));
  return [...trained, ...averageNames, ...tested, ...classMeasuresOf(own)];
}

/** Those of them that are of one class: it has them if it has test objects. */
export function classMeasuresOf({ step, data: { set }, detections }: TrainSpec): string[] {
  if (step < 4) return [];
  const ways = isTestedByClass(set) ? detections.tests.map(({ name }) => `${name}.`) : [];
  return ['', ...ways].flatMap(way =>
    Object.keys(ofClasses).flatMap(average => classNames[set].map(name => `${way}${average}.${name}`)),
  );
}
