import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CifarData, ImageSet } from '../../ml/data/spec.ts';
import { cifarNetwork } from '../../ml/nets/spec.ts';
import { randomWords } from '../../ml/optim/random.ts';
import type { RunSpec } from '../manifest/types.ts';
import type { PlannedRun } from '../plan/types.ts';
import { runKey } from '../record/keys.ts';
import type { RunIdentity } from '../record/types.ts';
import type { WorkerOrder } from './types.ts';

/** For tests: a net that trains in milliseconds per iteration, with everything that a real run has. */
export const tinySpec: RunSpec & { data: CifarData } = {
  data: {
    set: 'cifar10',
    downsample: 4,
    trainImages: 40,
    testImages: 20,
    augmentation: { pad: 1, flip: true },
  },
  network: {
    ...cifarNetwork(1, 'A', [2, 3, 4]),
    init: { convolution: 'he', classifier: 0.01 },
  },
  optimiser: { batch: 8, sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } },
  schedule: {
    iterations: 12,
    rate: 0.05,
    drops: [8],
    divisor: 10,
    warmup: { rate: 0.01, untilTrainError: 1, window: 3 },
  },
  evaluation: { trainErrorEvery: 5, testErrorEvery: 4, testErrorImages: 10, responses: true },
};

/** For tests: the identity of a run of a spec. */
export function identityOf(spec: RunSpec, backend = 'reference', seed = 1): RunIdentity {
  return { spec, seed, data: 'test', backend, numerics: 1 };
}

/** For tests: an order for a run that leaves a checkpoint after every iteration. */
export function orderFor(
  store: string,
  identity = identityOf(tinySpec),
  rest: Partial<WorkerOrder> = {},
): WorkerOrder {
  const how = { dataFolder: '', threads: 1, force: false, checkpointSeconds: 0, command: 'test' };
  return { key: runKey(identity), network: 'ResNet-8', identity, store, ...how, ...rest };
}

/** For tests: a planned run that has not been begun. */
export function plan(identity: RunIdentity, seconds = 1): PlannedRun {
  const cost = { seconds, finalSeconds: 0, basis: 'estimated', memoryMiB: 100 } as const;
  return { key: runKey(identity), network: 'ResNet-8', identity, targets: [], state: { is: 'new' }, cost };
}

/** For tests: a training and a test set of noise. */
export async function noiseImages(): Promise<{ train: ImageSet; test: ImageSet }> {
  return { train: noise(40, 0), test: noise(20, 1) };
}

function noise(count: number, index: number): ImageSet {
  const words = new Uint32Array((count * 3072) / 4);
  const draw = words.subarray(0, 4);
  for (let i = 0; i < words.length; i += 4) {
    randomWords({ seed: 1, purpose: 'initialisation', epoch: i, index }, draw);
    words.set(draw, i);
  }
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  return { count, channels: 3, size: 32, pixels: new Uint8Array(words.buffer), scale: 1, labels };
}

/** For tests: runs `use` with a fresh folder and removes the folder. */
export async function inFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
