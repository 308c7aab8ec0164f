import { blockLayers, depth, type NetworkSpec, type ResidualNetwork } from '../../../ml/nets/spec.ts';
import type { Rule, Stated } from '../task.ts';
import { vggRules } from '../vgg.ts';
import { imagesOf } from './images.ts';
import type { TrainSpec } from './spec.ts';

/** What the schema of a training cannot say: settings that contradict each other. */
export const rules: readonly Rule[] = table().map(({ paths, broken }) => ({
  paths,
  broken: (spec, stated) => broken(spec as TrainSpec, stated),
}));

function table(): { paths: string[]; broken(spec: TrainSpec, stated: Stated): string | null }[] {
  return [
    {
      paths: ['network.blocks', 'network.block'],
      broken({ network }, { layers }) {
        const built = depth(network);
        if (layers === undefined || built === layers) return null;
        const message = `these settings build ${built} layers, expected ${layers}`;
        if (network.family === 'vgg') return message;
        return `${message}: 2, and ${blockLayers[network.block]} in each ${network.block} block`;
      },
    },
    {
      paths: ['schedule.iterations'],
      broken: ({ schedule }) => (schedule.iterations > 0 ? null : 'there are no iterations, expected some'),
    },
    {
      paths: ['evaluation.gradients', 'evaluation.responses'],
      broken: ({ evaluation: { gradients, responses } }) =>
        gradients && !responses ? 'gradients are measured beside responses: true, expected both' : null,
    },
    {
      paths: ['optimiser.replicas', 'optimiser.batch'],
      broken: ({ optimiser: { batch, replicas } }) =>
        batch % replicas === 0 ? null : `a batch of ${batch} images cannot be shared by ${replicas} replicas`,
    },
    {
      paths: ['network.widths', 'network.blocks'],
      broken({ network }) {
        if (network.family === 'vgg') return null;
        const { blocks, widths } = network;
        return blocks.length === widths.length
          ? null
          : `blocks are given for ${blocks.length} stages, widths for ${widths.length}`;
      },
    },
    {
      paths: ['network.widths', 'network.shortcut'],
      broken: ({ network }) =>
        falls(network) ? `${fallen(network)}: option A pads channels, it cannot drop them` : null,
    },
    ...vggRules<TrainSpec>(({ data, network, evaluation }) => ({
      ...{ network, evaluation },
      size: imagesOf(data).size,
    })),
    {
      paths: ['data.augmentation.pad'],
      broken({ data }) {
        if (data.set === 'imagenet') return null;
        const { size } = imagesOf(data);
        return data.augmentation.pad < size
          ? null
          : `pad ${data.augmentation.pad} is no smaller than the ${size}x${size} image: a crop could hold nothing of it`;
      },
    },
    {
      paths: ['data.shorterSide'],
      broken({ data }) {
        if (data.set !== 'imagenet') return null;
        const [low, high] = data.shorterSide;
        if (low > high) return `shorterSide [${low}, ${high}] is reversed`;
        return low >= data.crop ? null : `a shorter side of ${low} is smaller than the crop of ${data.crop}`;
      },
    },
    {
      paths: ['data', 'network.classes'],
      broken({ data, network }) {
        const { classes } = imagesOf(data);
        return network.classes === classes
          ? null
          : `${data.set} has ${classes} classes, but network.classes is ${network.classes}`;
      },
    },
    {
      paths: ['evaluation.tests'],
      broken({ evaluation: { tests } }) {
        const names = tests.map(({ name }) => name);
        const twice = names.find((name, i) => names.indexOf(name) < i);
        return twice === undefined ? null : `${twice} is there twice, expected each test once`;
      },
    },
    {
      paths: ['schedule.drops'],
      broken({ schedule: { drops, iterations } }) {
        const rising = drops.every((at, i) => i === 0 || at > drops[i - 1]!);
        if (!rising) return `drops ${drops.join(', ')} are not increasing`;
        return (drops.at(-1) ?? 0) < iterations
          ? null
          : `the drop at ${drops.at(-1)} lies beyond the last of ${iterations} iterations`;
      },
    },
    {
      paths: ['evaluation.trainErrorEvery'],
      broken: ({ evaluation, schedule }) =>
        atMost(evaluation.trainErrorEvery, schedule.iterations, 'iterations'),
    },
    {
      paths: ['evaluation.testErrorImages'],
      broken: ({ evaluation, data }) =>
        atMost(evaluation.testErrorImages, imagesOf(data).test, 'test images'),
    },
    {
      paths: ['optimiser.batch'],
      broken: ({ optimiser, data }) => atMost(optimiser.batch, imagesOf(data).train, 'training images'),
    },
  ];
}

function falls(network: NetworkSpec): network is ResidualNetwork {
  if (network.family === 'vgg') return false;
  const { shortcut, widths } = network;
  return shortcut === 'A' && widths.some((width, i) => i > 0 && width < widths[i - 1]!);
}

function fallen({ widths }: ResidualNetwork): string {
  return `widths ${widths.join(', ')} fall, expected equal or rising`;
}

function atMost(value: number, most: number, what: string): string | null {
  return value <= most ? null : `expected at most the ${most} ${what} there are, received ${value}`;
}
