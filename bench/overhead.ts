import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backends } from '../backends/registry.ts';
import { runJob } from '../harness/execute/job.ts';
import type { WorkerMessage } from '../harness/execute/types.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import { networksOf } from '../harness/manifest/types.ts';
import { median } from '../harness/median.ts';
import { jobKey } from '../harness/record/keys.ts';
import { type TrainIdentity, version } from '../harness/record/types.ts';
import type { TrainSpec } from '../harness/tasks/classification/spec.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';
import type { CifarData } from '../ml/data/spec.ts';
import { initialState } from '../ml/optim/init.ts';
import { buildProgram } from '../ml/program.ts';
import { benchBatch } from './batch.ts';

/** Milliseconds of an iteration: the session alone, and inside the harness's training loop. */
export interface Overhead {
  bare: number;
  harness: number;
  /** Median of the ratios of each pair. */
  ratio: number;
}

const iterations = 200;

type CifarSpec = TrainSpec & { data: CifarData };

/** Times the bare session loop and a whole run of the harness in turn, on ResNet-20 under `mini`. */
export async function measureOverhead(threads: number, rounds: number): Promise<Overhead> {
  const { folder } = await ensureCifar10({});
  const [target] = await loadTargets(['table6'], 'mini');
  const spec = networksOf(target!).find(({ name }) => name === 'ResNet-20')!.spec as TrainSpec;
  if (spec.data.set !== 'cifar10') throw new Error('Table 6 is about CIFAR-10');
  const cifar = { ...spec, data: spec.data };
  const pairs: { bare: number; harness: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push({ bare: await bareLoop(cifar, threads), harness: await harnessLoop(cifar, threads, folder) });
  }
  return {
    bare: median(pairs.map(p => p.bare)),
    harness: median(pairs.map(p => p.harness)),
    ratio: median(pairs.map(p => p.harness / p.bare)),
  };
}

async function bareLoop(spec: CifarSpec, threads: number): Promise<number> {
  const program = buildProgram({
    network: spec.network,
    imageSize: 32 / spec.data.downsample,
    sgd: spec.optimiser.sgd,
    trainBatch: spec.optimiser.batch,
    evaluationBatch: spec.optimiser.batch,
  });
  const session = await (await backends.onnxruntime()).open(program, { threads });
  await session.setState(initialState(program, 1));
  const batch = benchBatch(program);
  await session.step(batch, spec.schedule.rate);
  const begin = performance.now();
  for (let i = 0; i < iterations; i++) await session.step(batch, spec.schedule.rate);
  const elapsed = performance.now() - begin;
  await session.close();
  return elapsed / iterations;
}

/** Milliseconds of an iteration between the first and the last progress message of a run: batches, metrics, events. */
async function harnessLoop(spec: CifarSpec, threads: number, dataFolder: string): Promise<number> {
  const store = await mkdtemp(join(tmpdir(), 'residuals-bench-'));
  const seen: { done: number; at: number }[] = [];
  const note = (message: WorkerMessage) => {
    if (message.type === 'progress') seen.push({ done: message.done, at: performance.now() });
  };
  const evaluation = {
    ...spec.evaluation,
    testErrorEvery: iterations,
    testErrorImages: 250,
    responses: false,
  };
  const identity: TrainIdentity = {
    version,
    kind: 'train',
    task: 'classification',
    spec: {
      ...spec,
      data: { ...spec.data, testImages: 250 },
      schedule: { ...spec.schedule, iterations, drops: [] },
      evaluation,
    } as CifarSpec,
    seed: 1,
    inputs: { data: cifar10Digest },
    backend: 'onnxruntime',
    numerics: 0,
  };
  const order = {
    ...{ key: jobKey(identity), network: 'ResNet-20', asked: null, identity, store, dataFolder, threads },
    ...{ force: false, checkpointSeconds: 3600, command: 'npm run bench' },
  };
  try {
    await runJob(order, { signal: new AbortController().signal, onMessage: note });
  } finally {
    await rm(store, { recursive: true, force: true });
  }
  const [first, last] = [seen[0]!, seen.at(-1)!];
  return (last.at - first.at) / (last.done - first.done);
}
