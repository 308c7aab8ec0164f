import { networkName } from '../../ml/nets/spec.ts';
import type { ProtocolFile } from './files.ts';
import type { Problems } from './problems.ts';
import type { ResolvedNetwork } from './resolve.ts';
import type { Source } from './source.ts';
import type { RunSpec } from './types.ts';
import type { Path } from './yaml.ts';

/** What a schema cannot say: settings that contradict each other. Each problem is placed where the first path was set. */
export function checkNetworks(
  protocol: Source<ProtocolFile>,
  networks: ReadonlyMap<string, ResolvedNetwork>,
  problems: Problems,
): void {
  for (const [name, { plan, origins }] of networks) {
    for (const { path, broken } of rules) {
      const message = broken(plan.spec, name);
      if (message) problems.add(protocol, origins.get(path) ?? specPath(path), `${message} (${name})`);
    }
  }
}

interface Rule {
  /** The setting to look at first. */
  path: string;
  /** What is wrong and what was expected; null when all is well. */
  broken(spec: RunSpec, name: string): string | null;
}

const rules: readonly Rule[] = [
  {
    path: 'network.n',
    broken({ network }, name) {
      const built = networkName(network);
      return built === name
        ? null
        : `these settings build ${built}, expected ${name}: 6n + 2 layers, of family resnet or plain`;
    },
  },
  {
    path: 'network.shortcut',
    broken({ network }) {
      const expected = network.family === 'resnet' ? 'A' : 'none';
      return network.shortcut === expected
        ? null
        : `a ${network.family} net has shortcut ${expected}, received ${network.shortcut}`;
    },
  },
  {
    path: 'network.widths',
    broken({ network: { family, widths } }) {
      const falls = widths.some((width, i) => i > 0 && width < widths[i - 1]!);
      return family === 'resnet' && falls
        ? `widths ${widths.join(', ')} fall, expected equal or rising: option A pads channels, it cannot drop them`
        : null;
    },
  },
  {
    path: 'data.augmentation.pad',
    broken({ data }) {
      const size = 32 / data.downsample;
      return data.augmentation.pad < size
        ? null
        : `pad ${data.augmentation.pad} is no smaller than the ${size}x${size} image: a crop could hold nothing of it`;
    },
  },
  {
    path: 'schedule.drops',
    broken({ schedule: { drops, iterations } }) {
      const rising = drops.every((at, i) => i === 0 || at > drops[i - 1]!);
      if (!rising) return `drops ${drops.join(', ')} are not increasing`;
      return (drops.at(-1) ?? 0) < iterations
        ? null
        : `the drop at ${drops.at(-1)} lies beyond the last of ${iterations} iterations`;
    },
  },
  {
    path: 'evaluation.trainErrorEvery',
    broken: ({ evaluation, schedule }) =>
      atMost(evaluation.trainErrorEvery, schedule.iterations, 'iterations'),
  },
  {
    path: 'evaluation.testErrorImages',
    broken: ({ evaluation, data }) => atMost(evaluation.testErrorImages, data.testImages, 'test images'),
  },
  {
    path: 'optimiser.batch',
    broken: ({ optimiser, data }) => atMost(optimiser.batch, data.trainImages, 'training images'),
  },
];

function atMost(value: number, most: number, what: string): string | null {
  return value <= most ? null : `expected at most the ${most} ${what} there are, received ${value}`;
}

function specPath(dotted: string): Path {
  return ['spec', ...dotted.split('.')];
}
