import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import type { ResidualNetwork } from '../../ml/nets/spec.ts';
import type { CurvePoint, Sums, TrainSpec } from '../tasks/task.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { readEvents } from './events.ts';
import { readIfThere, writeAtomic } from './files.ts';
import { digestOf, jobKey } from './keys.ts';
import { explicit, recordProblem } from './schema.ts';
import {
  type CodeState,
  type JobEvent,
  type JobIdentity,
  type JobRecord,
  type JobResult,
  type Provenance,
  type TrainIdentity,
  version,
} from './types.ts';
import type {
  OldEvaluateIdentity,
  OldEvaluation,
  OldEvaluationResult,
  OldEvent,
  OldHeader,
  OldJob,
  OldNetwork,
  OldPoint,
  OldRecord,
  OldResult,
  OldSums,
  OldTrainIdentity,
} from './version1-types.ts';

// Version 1 knew classification only, had two families of networks and a record of its own kind for evaluations.

/** The key that a training had in version 1. */
export function keyIn1({ spec, seed, inputs, backend, numerics }: TrainIdentity): string {
  const { evaluation, network, optimiser, ...rest } = spec as TrainSpec & {
    evaluation: OldEvaluation & { gradients?: boolean; state?: boolean };
    optimiser: { replicas?: number };
  };
  // What version 1 did not have is at its default in whatever has a key of it.
  const { replicas: _, ...optimiserIn1 } = optimiser;
  const { gradients: __, state: ___, statisticsBatches = 0, tests = [], ...always } = evaluation;
  const old = {
    ...rest,
    network: network.family === 'vgg' ? network : networkIn1(network),
    optimiser: optimiserIn1,
    evaluation: {
      ...always,
      ...(statisticsBatches > 0 && { statisticsBatches }),
      ...(tests.length > 0 && { tests: tests.map(testIn1) }),
    },
  };
  return digestOf({ spec: old, seed, data: inputs.data, backend, numerics });
}

/** A test protocol of version 1, whose views always came with their flips. */
function testIn1(test: object): object {
  const { flip: _, ...always } = test as { flip?: boolean };
  return always;
}

/** A record of version 1 in the present form. Throws an `Error` that says what is wrong with it. */
export function recordFrom1(old: unknown, asked: JobRecord['asked']): JobRecord {
  const { network, provenance, ...job } = old as OldRecord;
  const moved = movedFrom1(job);
  const record: JobRecord = {
    version,
    key: jobKey(moved.identity),
    network,
    asked,
    ...moved,
    resultSha256: digestOf(moved.result),
    provenance: provenanceFrom1(provenance),
  };
  const problem = recordProblem(JSON.parse(JSON.stringify(record)), record.key);
  if (problem !== null) throw new Error(problem);
  return record;
}

/**
 * Rewrites a checkpoint of version 1 and its events; the new key. Goes on with one that an interruption left between the
 * two. Throws an `Error` when they are damaged.
 */
export function checkpointFrom1(
  file: string,
  eventsFile: string,
  key: string,
  identity: JobIdentity,
): string {
  const newKey = jobKey(identity);
  const newEvents = `${eventsFile}${next}`;
  const content = readFileSync(file);
  if (content.toString('latin1', 0, 22).startsWith(`residuals-checkpoint ${version}`)) {
    const { header } = readCheckpoint(file, newKey)!;
    if (readIfThere(newEvents) !== null) renameSync(newEvents, eventsFile);
    readEvents(eventsFile, header.events);
    return newKey;
  }
  const first = content.indexOf('\n') + 1;
  const rest = content.subarray(first);
  const sha256 = createHash('sha256').update(rest).digest('hex');
  if (content.toString('latin1', 0, first) !== `residuals-checkpoint 1 ${sha256}\n`)
    throw new Error('its checkpoint is damaged or of another version');
  const end = rest.indexOf('\n');
  const header = JSON.parse(rest.toString('utf8', 0, end)) as OldHeader;
  if (header.key !== key) throw new Error('its checkpoint belongs to another run');
  const lines = readFileSync(eventsFile).subarray(0, header.eventBytes).toString('utf8').split('\n');
  const events = lines.filter(Boolean).map(line => eventFrom1(JSON.parse(line) as OldEvent));
  const log = Buffer.from(events.map(event => `${JSON.stringify(event)}\n`).join(''));
  const { window, tail, ...progress } = header.progress;
  const { stepMilliseconds, ...attempts } = header.attempts;
  const vectors = vectorsOf(rest.subarray(end + 1), header.lengths);
  writeAtomic(newEvents, [log]);
  writeCheckpoint(file, {
    header: {
      key: newKey,
      done: header.iteration,
      events: { bytes: log.length, sha256: createHash('sha256').update(log).digest('hex') },
      progress: { ...progress, window: sumsFrom1(window), tail: sumsFrom1(tail) },
      attempts: {
        ...attempts,
        engines: attempts.engines.map(engineFrom1),
        unitMilliseconds: stepMilliseconds,
        code: [unknownCode],
      },
    },
    state: { parameters: vectors[0]!, velocity: vectors[1]!, statistics: vectors[2]! },
  });
  renameSync(newEvents, eventsFile);
  return newKey;
}

/** The suffix of events whose checkpoint is being written. */
const next = '.next';

/** Code that computed a part of a run before checkpoints said which. */
const unknownCode: CodeState = {
  sources: null,
  commit: null,
  unknown: 'the checkpoint was written before it was recorded',
  dirty: false,
  diffSha256: null,
  lockfileSha256: '0'.repeat(64),
};

function networkIn1(network: ResidualNetwork): OldNetwork {
  const { block, blocks, strideIn, stem, family: _, ...common } = network;
  const plain = network.shortcut === 'none';
  if (blocks.length === 3) return { ...common, family: plain ? 'plain' : 'resnet', n: blocks[0]! };
  return { ...common, family: plain ? 'imagenet-plain' : 'imagenet-resnet', block, blocks, strideIn, stem };
}

function networkFrom1(old: OldNetwork): ResidualNetwork {
  const { family: _, ...common } = old;
  if ('n' in common) {
    const { n, ...rest } = common;
    const cifar = { block: 'basic', blocks: [n, n, n], strideIn: 'first1x1', stem: 'small' } as const;
    return { ...rest, ...cifar, family: 'residual' };
  }
  return { ...common, family: 'residual' };
}

function movedFrom1(job: OldJob): Pick<JobRecord, 'identity' | 'result'> {
  if (isEvaluation(job))
    return { identity: evaluationFrom1(job.identity, job.result), result: evaluationResultFrom1(job.result) };
  const { identity, result } = job as Exclude<OldJob, { identity: OldEvaluateIdentity }>;
  return { identity: trainingFrom1(identity), result: trainingResultFrom1(result) };
}

function isEvaluation(job: OldJob): job is Extract<OldJob, { identity: OldEvaluateIdentity }> {
  return 'weights' in job.identity;
}

function trainingFrom1({ spec, seed, data, backend, numerics }: OldTrainIdentity): JobIdentity {
  const identity: TrainIdentity = {
    version,
    kind: 'train',
    task: 'classification',
    spec: { ...spec, network: networkFrom1(spec.network) },
    seed,
    inputs: { data },
    backend,
    numerics,
  };
  return explicit(identity);
}

function evaluationFrom1(
  { spec, weights, data, backend, numerics }: OldEvaluateIdentity,
  { images }: OldEvaluationResult,
): JobIdentity {
  const moved = { ...spec, network: networkFrom1(spec.network), data: { ...spec.data, testImages: images } };
  const common = { version, task: 'classification', backend, numerics } as const;
  return explicit({ ...common, kind: 'evaluate', spec: moved, inputs: { data, weights } });
}

function trainingResultFrom1(old: OldResult): JobResult {
  const { testError, testLoss, trainError, trainLoss, warmupEnded, curve, responses, tests = {} } = old;
  const { data: _, scores, ...digests } = old.digests;
  const points = (each: readonly OldPoint[]): CurvePoint[] =>
    each.map(({ iteration, error, loss }) => ({ at: iteration, error, loss }));
  return {
    measures: { testError, testLoss, trainError, trainLoss, ...testsFrom1(tests) },
    curves: {
      train: points(curve.train),
      test: points(curve.test),
      ...(responses && { responses: responses.map(({ std }, i) => ({ at: i + 1, std })) }),
    },
    facts: warmupEnded === null ? {} : { warmupEnded },
    artefacts: scores === undefined ? {} : { 'scores.bin': scores },
    digests,
    determinism: old.determinism,
  };
}

function evaluationResultFrom1({ images, single, tests, scores }: OldEvaluationResult): JobResult {
  return {
    measures: testsFrom1({ single, ...tests }),
    curves: {},
    facts: { images },
    artefacts: {},
    digests: { scores },
    determinism: { tier: 'D3', evidence: 'nothing was computed twice' },
  };
}

function testsFrom1(tests: Readonly<Record<string, { top1: number; top5: number }>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(tests).flatMap(([name, { top1, top5 }]) => [
      [`${name}.top1`, top1],
      [`${name}.top5`, top5],
    ]),
  );
}

function provenanceFrom1(old: OldRecord['provenance']): Provenance {
  const { git, lockfileSha256, session, stepMilliseconds, ...rest } = old;
  const { lowering, instructionSet, ...engine } = session;
  const none = { commit: null, unknown: 'git did not say', dirty: false, diffSha256: null };
  return {
    resumed: 0,
    peakMemoryMiB: 0,
    ...rest,
    startedAt: rest.startedAt ?? rest.finishedAt,
    unitMilliseconds: stepMilliseconds ?? 0,
    session: { ...engine, device: 'cpu', variant: lowering, hardware: instructionSet },
    code: [{ sources: null, ...(git ?? none), lockfileSha256 }],
  };
}

function eventFrom1(event: OldEvent): JobEvent {
  if (event.type === 'warmupEnded') return { type: 'warmupEnded', at: event.iteration };
  const { type, iteration, error, loss, rate } = event;
  const point = { at: iteration, error, loss };
  return { type: 'point', curve: type, point, ...(rate !== undefined && { learningRate: rate }) };
}

/** All engines computed on the CPU, which went without saying. */
function engineFrom1(engine: string): string {
  return engine.replace(/, /, ', cpu, ');
}

function sumsFrom1({ iterations, errors, loss }: OldSums): { iterations: number; sums: Sums } {
  return { iterations, sums: iterations === 0 ? {} : { wrong: errors, loss } };
}

function vectorsOf(payload: Buffer, lengths: readonly number[]): Float32Array[] {
  let offset = 0;
  return lengths.map(length => {
    const bytes = payload.subarray(offset, offset + 4 * length);
    offset += 4 * length;
    return new Float32Array(Uint8Array.from(bytes).buffer);
  });
}
