import { strideOf } from '../../../ml/detection/backbones.ts';
import { imageNetNetwork, networkName, type ResidualNetwork } from '../../../ml/nets/spec.ts';
import { vggStrides } from '../../../ml/nets/vgg.ts';
import { own } from '../../own.ts';
import type { Rule } from '../task.ts';
import { vggRules } from '../vgg.ts';
import { pretrainedSize } from './pretrained.ts';
import type { TrainSpec } from './spec.ts';

/** What the schema of a training cannot say: settings that contradict each other. */
export const rules: readonly Rule[] = table().map(({ paths, broken }) => ({
  paths,
  broken: spec => broken(spec as TrainSpec),
}));

/** Networks whose weights come in a format. */
const releasedNetworks = {
  'keras-layers-tfjs': imageNetNetwork(50, 'B'),
} as const satisfies Record<ReleasedFormat, ResidualNetwork>;

type ReleasedFormat = Extract<TrainSpec['pretraining'], { released: unknown }>['released']['format'];

/** What decides which tensors a network has. */
const topology = ['family', 'block', 'blocks', 'widths', 'shortcut', 'strideIn', 'stem', 'classes'] as const;

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
        'released' in pretraining || pretraining.evaluation.state
          ? null
          : 'the parameters of the backbone are not kept, expected state: true',
    },
    {
      paths: ['network.blocks', 'pretraining.released', 'pretraining'],
      broken({ network, pretraining }) {
        if (!('released' in pretraining)) return null;
        const released = own(releasedNetworks, pretraining.released.format);
        if (!released) return null; // a name that paper.yaml does not have is told where it stands
        const written = (of: object, part: string) => JSON.stringify((of as Record<string, unknown>)[part]);
        const other = topology.find(part => written(network, part) !== written(released, part));
        if (other === undefined) return null;
        const [ours, theirs] = [written(network, other), written(released, other)];
        return `network.${other} is ${ours}, expected ${theirs}: the released weights are those of ${networkName(released)}`;
      },
    },
    {
      paths: ['data.size', 'network.widths'],
      broken({ data: { size }, network }) {
        const stride = strideOf(network);
        return size % stride === 0 ? null : `size ${size} is no multiple of the features' stride ${stride}`;
      },
    },
    ...vggRules<TrainSpec>(
      ({ network, pretraining }) =>
        'released' in pretraining
          ? null
          : { network, size: pretrainedSize({ pretraining }), evaluation: pretraining.evaluation },
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
