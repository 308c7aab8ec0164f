import { cifarNetwork, type ResidualNetwork } from '../../ml/nets/spec.ts';
import type { NetworkConfig } from '../manifest/types.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';

/** A network under `paper`, or scaled down to 800 iterations, half the size and half the widths, and why it is not run. */
export function configFor(name: string, profile: string, reason?: string): NetworkConfig {
  const [family, layers] = name.split('-') as [string, string];
  const paper = paperSpec(family === 'plain' ? 'none' : 'A', (Number(layers) - 2) / 6);
  const scaled: TrainSpec = {
    ...paper,
    data: { ...paper.data, downsample: 2 },
    network: { ...paper.network, widths: [8, 16, 32] },
    schedule: { ...paper.schedule, iterations: 800, rate: 0.03, drops: [400, 600] },
    evaluation: { ...paper.evaluation, trainErrorEvery: 20, testErrorEvery: 50, testErrorImages: 2000 },
  };
  return {
    name,
    task: 'classification',
    spec: profile === 'paper' ? paper : scaled,
    paper,
    seeds: 1,
    paperSeeds: name === 'ResNet-110' ? 5 : 1,
    ...(reason === undefined ? {} : { skipped: { reason } }),
  };
}

/** A spec of the nets of sec. 4.2. */
type CifarSpec = TrainSpec & { data: { set: 'cifar10' }; network: ResidualNetwork };

/** The paper's protocol for a network of `n` (6n + 2 layers). */
function paperSpec(shortcut: 'A' | 'none', n: number): CifarSpec {
  return {
    data: {
      set: 'cifar10',
      downsample: 1,
      trainImages: 50000,
      testImages: 10000,
      augmentation: { pad: 4, flip: true },
    },
    network: cifarNetwork(n, shortcut),
    optimiser: { batch: 128, replicas: 1, sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } },
    schedule: { iterations: 64000, rate: 0.1, drops: [32000, 48000], divisor: 10, warmup: null },
    evaluation: {
      ...{ trainErrorEvery: 1000, testErrorEvery: 1000, testErrorImages: 10000 },
      ...{ responses: true, gradients: false, state: false, statisticsBatches: 0, tests: [] },
    },
  };
}
