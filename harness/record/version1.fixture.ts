import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResidualNetwork } from '../../ml/nets/spec.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readEvents } from './events.ts';
import { digestOf } from './keys.ts';
import type { TrainingProgress } from './types.ts';

/** A record as version 1 wrote it, with what tests look at. */
export interface Old {
  schema: 1;
  key: string;
  network: string;
  identity: { spec: object; seed?: number; data: string; weights?: string };
  result: Record<string, unknown> & {
    testError: number;
    testLoss: number;
    trainError: number;
    trainLoss: number;
    warmupEnded: number | null;
    curve: Record<'train' | 'test', { iteration: number; error: number; loss: number }[]>;
    responses: { layer: string; std: number }[] | null;
    tests?: Record<string, { top1: number; top5: number }>;
    digests: Record<string, string>;
    determinism: object;
  };
  provenance: Record<string, unknown> & { session: Record<string, unknown> };
}

/** Records that version 1 of this project wrote: one of each family, one with a warm-up and responses. */
export const oldRecords: readonly Old[] = ['resnet-1202', 'plain-18', 'resnet-110'].map(name =>
  JSON.parse(readFileSync(new URL(`version1.fixture/${name}.json`, import.meta.url), 'utf8')),
);

/** A record of an evaluation of released weights as version 1 wrote it. */
export function oldEvaluation() {
  const identity = {
    weights: 'sha512-made/up==',
    spec: {
      network: {
        family: 'imagenet-resnet',
        block: 'bottleneck',
        blocks: [3, 4, 6, 3],
        widths: [64, 128, 256, 512],
        shortcut: 'B',
        strideIn: 'first1x1',
        stem: 'imagenet',
        classes: 1000,
        batchNorm: { epsilon: 1.001e-5, momentum: 0.1 },
        init: { convolution: 'he', classifier: 'he' },
      },
      data: { set: 'imagenet', crop: 224, testShorterSide: 256 },
      mean: [123.68, 116.779, 103.939],
      tests: [
        { name: 'tenCrop', pad: 0 },
        { name: 'multiScale', sizes: [224, 256, 384, 480, 640] },
      ],
    },
    data: 'd'.repeat(64),
    backend: 'onnxruntime',
    numerics: 1,
  };
  return {
    schema: 1,
    key: digestOf(identity),
    network: 'ResNet-50',
    identity,
    result: {
      images: 50000,
      single: { top1: 25.008, top5: 7.9 },
      tests: { tenCrop: { top1: 22.9, top5: 6.7 }, multiScale: { top1: 21.5, top5: 5.6 } },
      scores: 'a'.repeat(64),
    },
    provenance: {
      command: 'npm run reproduce table4 -- --weights pretrained',
      finishedAt: '2026-11-24T04:52:20.498Z',
      seconds: 76.17,
      session: {
        backend: 'onnxruntime',
        version: 'onnxruntime-node 1.30.0',
        lowering: 'blocked',
        instructionSet: 'avx2',
        threads: 2,
      },
      node: '20.20.2',
      platform: 'linux x64',
      cpu: 'AMD EPYC',
      cores: 2,
      memoryGiB: 24,
      git: null,
      lockfileSha256: 'b'.repeat(64),
    },
  };
}

/** Writes a record where version 1 would have; its folder. */
export function writeOld(
  store: string,
  record: { key: string },
  part: 'runs' | 'evaluations' = 'runs',
  files: Readonly<Record<string, string>> = {},
): string {
  const folder = join(store, part, record.key);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record, null, 1)}\n`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** The network of a spec as version 1 had it, for the nets of sec. 4.2. */
export function oldSpec({ network, ...spec }: TrainSpec): object {
  const { block: _, blocks, strideIn: __, stem: ___, family: ____, ...common } = network as ResidualNetwork;
  const {
    statisticsBatches: _____,
    tests: ______,
    gradients: _______,
    state: ________,
    ...evaluation
  } = spec.evaluation;
  const { batch, sgd } = spec.optimiser;
  const family = common.shortcut === 'none' ? 'plain' : 'resnet';
  return { ...spec, network: { ...common, family, n: blocks[0] }, optimiser: { batch, sgd }, evaluation };
}

/** Rewrites the checkpoint and the events of a job to the form of version 1, for the key that it had there. */
export function turnIntoOld(folder: string, key: string, oldKey: string): void {
  const [file, log] = [join(folder, 'checkpoint.bin'), join(folder, 'events.jsonl')];
  const { header, state } = readCheckpoint<TrainingProgress>(file, key)!;
  const events = readEvents(log, header.events).map(event => {
    if (event.type === 'warmupEnded') return { type: 'warmupEnded', iteration: event.at };
    const { at: iteration, error, loss } = event.point;
    const rate = event.learningRate;
    return { type: event.curve, iteration, error, loss, ...(rate !== undefined && { rate }) };
  });
  const text = events.map(event => `${JSON.stringify(event)}\n`).join('');
  const sums = ({ iterations, sums: { wrong = 0, loss = 0 } }: TrainingProgress['window']) => ({
    iterations,
    errors: wrong,
    loss,
  });
  const { code: _, unitMilliseconds: stepMilliseconds, engines, ...attempts } = header.attempts;
  const vectors = [state.parameters, state.velocity, state.statistics];
  const old = {
    key: oldKey,
    iteration: header.done,
    eventBytes: Buffer.byteLength(text),
    progress: {
      ...header.progress,
      window: sums(header.progress.window),
      tail: sums(header.progress.tail),
    },
    attempts: {
      ...attempts,
      stepMilliseconds,
      engines: engines.map(engine => engine.replace(', cpu, ', ', ')),
    },
    lengths: vectors.map(vector => vector.length),
  };
  const rest = Buffer.concat([
    Buffer.from(`${JSON.stringify(old)}\n`),
    ...vectors.map(vector => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
  ]);
  const digest = createHash('sha256').update(rest).digest('hex');
  writeFileSync(file, Buffer.concat([Buffer.from(`residuals-checkpoint 1 ${digest}\n`), rest]));
  writeFileSync(log, `${text}{"type":"train","iter`); // what came after the checkpoint, torn off
}
