import { depth, type ResidualNetwork } from '../../ml/nets/spec.ts';
import type { NetworkConfig } from '../manifest/types.ts';
import type { CodeState, JobResult, Provenance } from '../record/types.ts';
import type { EvaluateSpec } from '../tasks/classification/spec.ts';
import { configFor } from './networks.fixture.ts';
import { type Evaluation, type FinishedJob, type Runs, runsOf, type Training } from './runs.ts';

/** Made-up records for tests: no number here is a result. */

/** `[test error, training error]` of each seed, by network. */
export type Errors = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** Runs of networks, as a store would give them. */
export function runsFor(profile: string, errors: Errors, artefact: Runs['artefact'] = () => null): Runs {
  return runsOf(jobsFor(profile, errors), artefact);
}

/** The finished trainings of networks. */
export function jobsFor(profile: string, errors: Errors): (FinishedJob & { record: Training })[] {
  return Object.entries(errors).flatMap(([network, seeds]) =>
    seeds.map(([test, train], i) => {
      return { network, record: trainingFor(configFor(network, profile), i + 1, test, train) };
    }),
  );
}

/** A finished evaluation of released weights of a network, on ten of ImageNet's images. */
export function evaluationFor(network: string, weights: string, measures: JobResult['measures']): Evaluation {
  const spec: EvaluateSpec = {
    data: { set: 'imagenet', crop: 224, testShorterSide: 256, testImages: 10 },
    network: configFor(network, 'paper').paper.network as ResidualNetwork,
    mean: [123, 117, 104],
    tests: [],
  };
  return {
    version: 2,
    key: 'e'.repeat(64),
    network,
    asked: null,
    identity: {
      ...{ version: 2, kind: 'evaluate', task: 'classification', backend: 'onnxruntime', numerics: 1 },
      spec,
      inputs: { data: '0'.repeat(64), weights },
    },
    result: resultOf(measures, {}),
    resultSha256: '0'.repeat(64),
    provenance: provenance(),
  };
}

/** Where and by what code records here were computed. */
export function provenance(code: readonly CodeState[] = [codeState()]): Provenance {
  return {
    command: 'npm run reproduce table6',
    startedAt: '2000-01-01T00:00:00Z',
    finishedAt: '2000-01-01T00:10:00Z',
    seconds: 600,
    resumed: 0,
    session: {
      ...{ backend: 'onnxruntime', version: 'onnxruntime-node 1.30.0', device: 'cpu', variant: 'blocked' },
      ...{ hardware: 'avx512', threads: 1 },
    },
    ...{ node: 'v20.19.0', platform: 'linux x64', cpu: 'Example CPU', cores: 2, memoryGiB: 8 },
    peakMemoryMiB: 500,
    unitMilliseconds: 30,
    code,
  };
}

/** A state of the code, clean and committed unless `changes` say otherwise. */
export function codeState(changes: Partial<CodeState> = {}): CodeState {
  const digests = { sources: '5'.repeat(64), diffSha256: null, lockfileSha256: '0'.repeat(64) };
  return { ...digests, commit: 'c0ffee'.padEnd(40, '0'), dirty: false, ...changes };
}

/** A finished training whose errors fall smoothly to the given ones, with a ripple that depends on the seed. */
function trainingFor(config: NetworkConfig, seed: number, testError: number, trainError: number): Training {
  const { evaluation, network } = config.spec;
  const curves = {
    train: curve(config, evaluation.trainErrorEvery, seed, trainError),
    test: curve(config, evaluation.testErrorEvery, seed, testError),
    responses: Array.from({ length: depth(network) - 1 }, (_, i) => {
      return { at: i + 1, std: 0.6 + 1.8 / (i + 1) + ((i * 5 + seed) % 7) * 0.05 };
    }),
  };
  return {
    version: 2,
    key: `${config.name.toLowerCase().replace('-', '')}${seed}`.padEnd(64, '0'),
    network: config.name,
    asked: null,
    identity: {
      ...{ version: 2, kind: 'train', task: 'classification', backend: 'onnxruntime', numerics: 1 },
      ...{ spec: config.spec, seed, inputs: { data: '0'.repeat(64) } },
    },
    result: resultOf({ testError, testLoss: testError / 40, trainError, trainLoss: trainError / 40 }, curves),
    resultSha256: '0'.repeat(64),
    provenance: provenance(),
  };
}

function curve({ spec }: NetworkConfig, every: number, seed: number, end: number) {
  const points = Math.floor(spec.schedule.iterations / every);
  return Array.from({ length: points }, (_, i) => {
    const done = (i + 1) / points;
    const ripple = (1 - done) * ((((i + 1) * 7 + seed * 5) % 11) - 5) * 0.6;
    const error = end + (90 - end) * (1 - done) ** 3 + ripple;
    return { at: (i + 1) * every, error, loss: error / 40 };
  });
}

function resultOf(measures: JobResult['measures'], curves: JobResult['curves']): JobResult {
  return {
    ...{ measures, curves, facts: {}, artefacts: {} },
    digests: { state: '0'.repeat(64), firstSteps: '0'.repeat(64) },
    determinism: { tier: 'D1', evidence: 'fixture' },
  };
}
