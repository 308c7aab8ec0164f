import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CifarData, ImageSet } from '../../ml/data/spec.ts';
import { cifarNetwork, type ResidualNetwork } from '../../ml/nets/spec.ts';
import { randomWords } from '../../ml/optim/random.ts';
import type { PlannedJob } from '../plan/types.ts';
import { jobKey } from '../record/keys.ts';
import { type JobIdentity, type TrainIdentity, version } from '../record/types.ts';
import { executionWith } from '../tasks/classification/execution.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';
import { type JobEnd, type RunOptions, runJob } from './job.ts';
import type { Order, WorkerMessage } from './types.ts';

/** A net that trains in milliseconds per iteration, with everything that a real job has. */
export const tinySpec: TrainSpec & { data: CifarData; network: ResidualNetwork } = {
  data: {
    set: 'cifar10',
    downsample: 4,
    trainImages: 40,
    testImages: 20,
    augmentation: { pad: 1, flip: true },
  },
  network: { ...cifarNetwork(1, 'A', [2, 3, 4]), init: { convolution: 'he', classifier: 0.01 } },
  optimiser: { batch: 8, replicas: 1, sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } },
  schedule: {
    iterations: 12,
    rate: 0.05,
    drops: [8],
    divisor: 10,
    warmup: { rate: 0.01, untilTrainError: 0.999, window: 3 },
  },
  evaluation: {
    trainErrorEvery: 5,
    testErrorEvery: 4,
    testErrorImages: 10,
    responses: true,
    gradients: false,
    state: false,
    statisticsBatches: 0,
    tests: [],
  },
};

/** The identity of a training of a spec. */
export function identityOf(spec: TrainSpec = tinySpec, backend = 'reference', seed = 1): TrainIdentity {
  const inputs = { data: 'test' };
  return { version, kind: 'train', task: 'classification', spec, seed, inputs, backend, numerics: 1 };
}

/** An order for a job that leaves a checkpoint after every iteration. */
export function orderFor(
  store: string,
  identity: JobIdentity = identityOf(),
  rest: Partial<Order> = {},
): Order {
  const how = { dataFolder: '', threads: 1, force: false, checkpointSeconds: 0, command: 'test' };
  return { key: jobKey(identity), network: 'ResNet-8', asked: null, identity, store, ...how, ...rest };
}

/** A planned job that has not been begun. */
export function planned<I extends JobIdentity>(
  identity: I,
  seconds = 1,
  rest: Partial<PlannedJob<I>> = {},
): PlannedJob<I> {
  return {
    key: jobKey(identity),
    network: 'ResNet-8',
    asked: { experiment: 'resnet-2015', profile: 'mini' },
    identity,
    needs: [],
    targets: [],
    names: {},
    state: { is: 'not started' },
    cost: {
      unit: 'iterations',
      total: 12,
      seconds,
      finalSeconds: 0,
      basis: 'estimated',
      source: { records: 0, stores: [], thisCpu: false, hardware: [] },
      memoryMiB: 100,
    },
    ...rest,
  };
}

/** A training and a test set of noise. */
export async function noiseImages(): Promise<{ train: ImageSet; test: ImageSet }> {
  return { train: noise(40, 0), test: noise(20, 1) };
}

/** Runs a job in this process, on noise unless told otherwise; `react` sees every message and may stop the job. */
export function runHere(
  order: Order,
  react: (message: WorkerMessage, stop: () => void) => void = () => {},
  rest: Partial<RunOptions> = {},
): Promise<JobEnd> {
  const stop = new AbortController();
  return runJob(order, {
    onMessage: message => react(message, () => stop.abort()),
    signal: stop.signal,
    execution: executionWith(noiseImages),
    ...rest,
  });
}

/** Runs `use` with a fresh folder and removes the folder. */
export async function inFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
