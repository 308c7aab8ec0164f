import type { TrainSpec } from '../tasks/classification/spec.ts';
import { taskOf } from '../tasks/registry.ts';
import type { CurvePoint } from '../tasks/task.ts';
import { digestOf, jobKey } from './keys.ts';
import {
  type EvaluateIdentity,
  type JobIdentity,
  type JobRecord,
  type JobResult,
  type Provenance,
  version,
} from './types.ts';

/** The record that a finished job would leave, with made-up results that do not contradict each other. */
export function recordOf<I extends JobIdentity>(
  identity: I,
  rest: { network?: string; provenance?: Partial<Provenance>; result?: Partial<JobResult> } = {},
): JobRecord<I> {
  const result = { ...resultOf(identity), ...rest.result };
  return {
    version,
    key: jobKey(identity),
    network: rest.network ?? 'ResNet-8',
    asked: { experiment: 'resnet-2015', profile: 'mini' },
    identity,
    result,
    resultSha256: digestOf(result),
    provenance: { ...provenance, ...rest.provenance },
  };
}

/** The evaluation of released weights under one test protocol. */
export function evaluationIdentity({ network }: TrainSpec): EvaluateIdentity {
  return {
    version,
    kind: 'evaluate',
    task: 'classification',
    spec: {
      data: { set: 'imagenet', crop: 32, testShorterSide: 36, testImages: 5 },
      network,
      mean: [1, 2, 3],
      tests: [{ name: 'tenCrop', pad: 0 }],
    } as EvaluateIdentity['spec'],
    inputs: { data: 'd', weights: 'w' },
    backend: 'reference',
    numerics: 1,
  };
}

/** A record with a result that was changed, and with the digest of it: what a careful hand would write. */
export function resealed(record: JobRecord, result: Partial<JobResult>): JobRecord {
  const changed = { ...record.result, ...result };
  return { ...record, result: changed, resultSha256: digestOf(changed) };
}

const zeros = '0'.repeat(64);

const provenance: Provenance = {
  command: 'npm run reproduce table6',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:10:00.000Z',
  seconds: 100,
  resumed: 0,
  session: {
    backend: 'reference',
    version: '1',
    device: 'cpu',
    variant: 'loops',
    hardware: 'any',
    threads: 1,
  },
  node: '20.19.0',
  platform: 'linux x64',
  cpu: 'test CPU',
  cores: 2,
  memoryGiB: 8,
  peakMemoryMiB: 321,
  unitMilliseconds: 50,
  code: [{ sources: zeros, commit: 'abcdef1', dirty: false, diffSha256: null, lockfileSha256: zeros }],
};

function resultOf(identity: JobIdentity): JobResult {
  const determinism = { tier: 'D1', evidence: 'made up' } as const;
  const common = { artefacts: {}, determinism };
  if (identity.kind === 'evaluate') {
    const { tests = [] } = identity.spec as { tests?: readonly { name: string }[] };
    const names = ['single', ...tests.map(({ name }) => name)];
    const measures = names.flatMap(name => [
      [`${name}.top1`, 25],
      [`${name}.top5`, 7.5],
    ]);
    return {
      ...common,
      measures: Object.fromEntries(measures),
      curves: {},
      facts: { images: 5 },
      digests: { scores: zeros },
    };
  }
  const spec = identity.spec as TrainSpec;
  const { iterations } = spec.schedule;
  const names = taskOf(identity.task).measuresOf(spec);
  const measures = Object.fromEntries(names.map(name => [name, name.endsWith('.top5') ? 10 : 50]));
  const { testError: error = 50, testLoss: loss = 50 } = measures;
  const curve = (at: number): CurvePoint => ({ at, error, loss });
  return {
    ...common,
    measures,
    curves: {
      train: [curve(iterations)],
      test: [...(iterations > 1 ? [curve(iterations - 1)] : []), curve(iterations)],
      ...(spec.evaluation.responses && { responses: [{ at: 1, std: 0.5 }] }),
    },
    facts: {},
    digests: { state: zeros, firstSteps: zeros },
  };
}
