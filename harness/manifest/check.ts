import { networkName, type TrainedNetwork } from '../../ml/nets/spec.ts';
import type { ProtocolFile } from './files.ts';
import { imagesOf } from './images.ts';
import type { Problems } from './problems.ts';
import type { ResolvedNetwork } from './resolve.ts';
import type { RunSpec } from './types.ts';
import type { Path, Source } from './yaml.ts';

/** What a schema cannot say: settings that contradict each other. Each problem is placed where the first path was set. */
export function checkNetworks(
  protocol: Source<ProtocolFile>,
  networks: ReadonlyMap<string, ResolvedNetwork>,
  problems: Problems,
): void {
  for (const [name, { plan, origins }] of networks) {
    for (const { paths, broken } of rules) {
      const message = broken(plan.spec, name);
      const set = paths.find(path => origins.has(path)) ?? paths[0]!;
      if (message) problems.add(protocol, origins.get(set) ?? specPath(set), `${message} (${name})`);
    }
  }
}

interface Rule {
  /** The settings to look at, the likeliest one first; the place is told of the first that was set. */
  paths: readonly string[];
  /** What is wrong and what was expected; null when all is well. */
  broken(spec: RunSpec, name: string): string | null;
}

const rules: readonly Rule[] = [
  {
    paths: ['network.n', 'network.blocks', 'network.block', 'network.family'],
    broken({ network }, name) {
      const built = networkName(network);
      const layers =
        'n' in network ? '6n + 2 layers' : '2 layers and 2 or 3 more in each basic or bottleneck block';
      return built === name.replace(variant, '')
        ? null
        : `these settings build ${built}, expected ${name}: ${layers}, of family resnet or plain`;
    },
  },
  {
    paths: ['network.shortcut'],
    broken({ network: { shortcut } }, name) {
      const named = variant.exec(name)?.groups?.option ?? shortcut;
      return named === shortcut ? null : `the name says option ${named}, received ${shortcut}`;
    },
  },
  {
    paths: ['network.strideIn'],
    broken({ network }, name) {
      if (!('strideIn' in network)) return null;
      const expected = name.endsWith(' v1.5') ? '3x3' : 'first1x1';
      return network.strideIn === expected
        ? null
        : `a bottleneck of ${name} strides in its ${expected}, received ${network.strideIn}: v1.5 is the one that strides in the 3x3`;
    },
  },
  {
    paths: ['network.widths'],
    broken({ network: { family, widths } }) {
      const stages = isCifar(family) ? 3 : 4;
      return widths.length === stages
        ? null
        : `a net of family ${family} has ${stages} stages, received ${widths.length} widths`;
    },
  },
  {
    paths: ['network.shortcut'],
    broken({ network: { family, shortcut } }) {
      const allowed = shortcutsOf(family);
      return allowed.includes(shortcut)
        ? null
        : `a ${family} net has shortcut ${allowed.join(', ')}, received ${shortcut}`;
    },
  },
  {
    paths: ['network.widths'],
    broken({ network: { shortcut, widths } }) {
      const falls = widths.some((width, i) => i > 0 && width < widths[i - 1]!);
      return shortcut === 'A' && falls
        ? `widths ${widths.join(', ')} fall, expected equal or rising: option A pads channels, it cannot drop them`
        : null;
    },
  },
  {
    paths: ['data.augmentation.pad'],
    broken({ data }) {
      if (data.set !== 'cifar10') return null;
      const { size } = imagesOf(data);
      return data.augmentation.pad < size
        ? null
        : `pad ${data.augmentation.pad} is no smaller than the ${size}x${size} image: a crop could hold nothing of it`;
    },
  },
  {
    paths: ['data'],
    broken({ data, network }) {
      const classes = data.set === 'cifar10' ? 10 : 1000;
      return network.classes === classes
        ? null
        : `${data.set} has ${classes} classes, but network.classes is ${network.classes}`;
    },
  },
  {
    paths: ['evaluation.tests'],
    broken({ evaluation: { tests = [] } }) {
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
    broken: ({ evaluation, data }) => atMost(evaluation.testErrorImages, imagesOf(data).test, 'test images'),
  },
  {
    paths: ['optimiser.batch'],
    broken: ({ optimiser, data }) => atMost(optimiser.batch, imagesOf(data).train, 'training images'),
  },
];

function isCifar(family: TrainedNetwork['family']): boolean {
  return family === 'resnet' || family === 'plain';
}

function shortcutsOf(family: TrainedNetwork['family']): readonly string[] {
  if (family === 'plain' || family === 'imagenet-plain') return ['none'];
  return family === 'resnet' ? ['A'] : ['A', 'B', 'C'];
}

/** What tells nets of the same depth apart: `ResNet-34 B` in Table 3, `ResNet-50 v1.5` in later libraries. */
const variant = / (?:(?<option>[ABC])|v1\.5)$/;

function atMost(value: number, most: number, what: string): string | null {
  return value <= most ? null : `expected at most the ${most} ${what} there are, received ${value}`;
}

function specPath(dotted: string): Path {
  return ['spec', ...dotted.split('.')];
}
