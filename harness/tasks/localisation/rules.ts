import { trunkStride } from '../../../ml/nets/residual.ts';
import type { Rule } from '../task.ts';
import type { TrainSpec } from './spec.ts';

/** What the schema of a training cannot say: settings that contradict each other. */
export const rules: readonly Rule[] = table().map(({ paths, broken }) => ({
  paths,
  broken: spec => broken(spec as TrainSpec),
}));

function table(): { paths: string[]; broken(spec: TrainSpec): string | null }[] {
  return [
    {
      paths: ['before', 'step'],
      broken: ({ before, step }) =>
        before.length === step - 1
          ? null
          : `${before.length} steps before step ${step}, expected ${step - 1}`,
    },
    {
      paths: ['schedule.iterations', 'step'],
      broken: ({ schedule, step }) =>
        (schedule.iterations === 0) === (step === 3)
          ? null
          : `${schedule.iterations} iterations in step ${step}, expected ${step === 3 ? 'none' : 'some'}`,
    },
    {
      paths: ['pretraining.evaluation'],
      broken: ({ pretraining: { evaluation } }) =>
        evaluation.state && evaluation.tests.some(({ name }) => name === 'multiScale')
          ? null
          : 'the backbone leaves no parameters or no scores, expected state: true and a test multiScale',
    },
    {
      paths: ['data.size', 'network.widths'],
      broken({ data: { size }, network }) {
        const stride = 2 * trunkStride(network);
        return size % stride === 0 ? null : `size ${size} is no multiple of the features' stride ${stride}`;
      },
    },
    {
      paths: ['data.shorterSide', 'data.size'],
      broken({ data }) {
        if (data.set !== 'imagenet-loc') return null;
        const [low, high] = data.shorterSide;
        if (low > high) return `shorterSide [${low}, ${high}] is reversed`;
        const least = Math.min(low, data.testShorterSide);
        return least >= data.size
          ? null
          : `a shorter side of ${least} is smaller than the crop of ${data.size}`;
      },
    },
    {
      paths: ['tests.guesses', 'network.classes'],
      broken: ({ tests: { guesses }, network: { classes } }) =>
        guesses < classes ? null : `${guesses} guesses of ${classes} classes are always right`,
    },
    {
      paths: ['evaluation.testErrorEvery', 'schedule.iterations'],
      broken: ({ evaluation, schedule }) =>
        evaluation.testErrorEvery >= schedule.iterations
          ? null
          : `testErrorEvery is ${evaluation.testErrorEvery}, expected the ${schedule.iterations} iterations: a localiser is tested at the end`,
    },
  ];
}
