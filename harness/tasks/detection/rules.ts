import { strideOf } from '../../../ml/detection/backbones.ts';
import { vggStrides } from '../../../ml/nets/vgg.ts';
import type { Rule } from '../task.ts';
import { vggRules } from '../vgg.ts';
import { pretrainedSize } from './pretrained.ts';
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
        (schedule.iterations === 0) === (step === 5)
          ? null
          : `${schedule.iterations} iterations in step ${step}, expected ${step === 5 ? 'none' : 'some'}`,
    },
    {
      paths: ['pretraining.evaluation.state'],
      broken: ({ pretraining }) =>
        pretraining.evaluation.state
          ? null
          : 'the parameters of the backbone are not kept, expected state: true',
    },
    {
      paths: ['data.size', 'network.widths'],
      broken({ data: { size }, network }) {
        const stride = strideOf(network);
        return size % stride === 0 ? null : `size ${size} is no multiple of the features' stride ${stride}`;
      },
    },
    ...vggRules<TrainSpec>(
      spec => ({
        network: spec.network,
        size: pretrainedSize(spec),
        evaluation: spec.pretraining.evaluation,
      }),
      'pretraining.',
    ),
    {
      paths: ['detector.bins', 'network'],
      broken(spec) {
        const { network, detector } = spec;
        const expected = pretrainedSize(spec) / vggStrides.pooled;
        return network.family !== 'vgg' || detector.bins === expected
          ? null
          : `features of regions are pooled to ${detector.bins}x${detector.bins} bins, expected the ${expected}x${expected} positions that fc6 was pretrained on`;
      },
    },
    {
      paths: ['detections.tests', 'network'],
      broken({ network, detections }) {
        const stride = strideOf(network);
        const wrong = detections.tests.flatMap(({ sizes }) => sizes).find(size => size % stride !== 0);
        return network.family !== 'vgg' || wrong === undefined
          ? null
          : `images are tested at ${wrong} pixels, expected multiples of the features' stride ${stride}`;
      },
    },
    {
      paths: ['data.longer', 'data.size'],
      broken: ({ data: { longer, size } }) =>
        longer <= size ? null : `images with a side of ${longer} do not fit into squares of ${size}`,
    },
    {
      paths: ['sampling.negative', 'sampling.positive'],
      broken: ({ sampling: { positive, negative } }) =>
        negative <= positive ? null : `negative ${negative} is above positive ${positive}`,
    },
    {
      paths: ['evaluation.testErrorEvery', 'schedule.iterations'],
      broken: ({ evaluation, schedule }) =>
        evaluation.testErrorEvery >= schedule.iterations
          ? null
          : `testErrorEvery is ${evaluation.testErrorEvery}, expected the ${schedule.iterations} iterations: a detector is tested at the end`,
    },
  ];
}
