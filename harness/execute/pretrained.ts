import { DecodePool } from '../../ml/data/imagenet/decode-pool.ts';
import { type ImageNetIndex, indexImageNet } from '../../ml/data/imagenet/files.ts';
import type { Pretrained, ReleasedWeights } from '../../ml/data/imagenet/pretrained.ts';
import { centreCrop, imageNetViews } from '../../ml/data/imagenet/views.ts';
import type { TestSpec } from '../../ml/data/spec.ts';
import { countNetwork } from '../../ml/nets/counts.ts';
import { assumedSpeed, viewsOf } from '../plan/cost.ts';
import { type EvaluationIdentity, readEvaluation, readEvaluationProgress } from '../record/evaluations.ts';
import { runKey } from '../record/keys.ts';
import { type EvaluationOrder, evaluateWeights } from './evaluation-run.ts';
import type { ExecutionResult, RunOutcome } from './types.ts';

/** An evaluation of released weights that a target needs. */
export interface PlannedEvaluation {
  key: string;
  /** Name of the target that shows it. */
  target: string;
  weights: ReleasedWeights;
  identity: EvaluationIdentity;
  index: ImageNetIndex;
  /** `recorded`: nothing to do; `resumable`: so many images are done. */
  state: { is: 'recorded' } | { is: 'resumable'; images: number } | { is: 'new' };
  /** Seconds that remain: at the pace of this evaluation so far, or estimated from multiply-adds. */
  seconds: number;
}

/** What an evaluation is planned for. */
export interface EvaluationPlanOptions {
  weights: ReleasedWeights;
  /** Folder with ImageNet; only its validation images and a list of the classes are needed. */
  folder: string;
  /** The tests that each target shows. */
  targets: readonly { name: string; tests: readonly TestSpec[] }[];
  backend: { id: string; numerics: number };
  threads: number;
  /** Store folder. */
  store: string;
  /** What is recorded or half done is planned as if it were not. */
  force: boolean;
}

/** One evaluation for each target, in their order. Fails with a `DataError` when validation images cannot be listed. */
export async function planEvaluations(options: EvaluationPlanOptions): Promise<PlannedEvaluation[]> {
  const { weights, folder, targets, backend } = options;
  const index = await indexImageNet(folder, 'val');
  return targets.map(({ name, tests }) => {
    const identity: EvaluationIdentity = {
      weights: weights.digest,
      spec: { network: weights.network, data: geometry, mean: weights.preprocessing.mean, tests },
      data: index.digest,
      backend: backend.id,
      numerics: backend.numerics,
    };
    const key = runKey(identity);
    const common = { key, target: name, weights, identity, index };
    return { ...common, ...standing(key, identity, index.count, options) };
  });
}

/** What an execution of evaluations tells whoever shows progress. */
export type EvaluationEvent =
  | { type: 'waiting'; forProcess: number }
  | { type: 'started' }
  | { type: 'progress'; images: number }
  | { type: 'done'; how: RunOutcome; top1: number; top5: number };

/** Runs evaluations one after the other. Fails with `UserError`, `DataError` or `BackendError`. */
export async function executeEvaluations(
  planned: readonly PlannedEvaluation[],
  { state }: Pick<Pretrained, 'state'>,
  options: Pick<
    EvaluationOrder,
    'store' | 'threads' | 'lowering' | 'force' | 'checkpointSeconds' | 'command' | 'signal'
  >,
  onEvent: (evaluation: PlannedEvaluation, event: EvaluationEvent) => void,
): Promise<ExecutionResult> {
  const result: ExecutionResult = { outcomes: new Map(), failures: [], interrupted: false };
  const pool = new DecodePool();
  try {
    for (const evaluation of planned) {
      const { key, identity } = evaluation;
      let how: RunOutcome = 'recorded';
      onEvent(evaluation, { type: 'started' });
      const record = await evaluateWeights({
        ...options,
        identity,
        state,
        test: testSet(evaluation, pool),
        onWaiting: forProcess => onEvent(evaluation, { type: 'waiting', forProcess }),
        onProgress: images => {
          how = evaluation.state.is === 'resumable' ? 'resumed' : 'ran';
          onEvent(evaluation, { type: 'progress', images });
        },
      });
      if (!record) return { ...result, interrupted: true };
      result.outcomes.set(key, how);
      onEvent(evaluation, { type: 'done', how, ...Object.values(record.result.tests)[0]! });
    }
    return result;
  } finally {
    await pool.close();
  }
}

/** As in the authors' release: sec. 3.4 does not say how images are resized for one view. */
const geometry = { set: 'imagenet', crop: 224, testShorterSide: 256 } as const;

function standing(
  key: string,
  { spec: { network, tests } }: EvaluationIdentity,
  count: number,
  { store, force, threads }: EvaluationPlanOptions,
): Pick<PlannedEvaluation, 'state' | 'seconds'> {
  if (!force && readEvaluation(store, key)) return { state: { is: 'recorded' }, seconds: 0 };
  const progress = force ? null : readEvaluationProgress(store, key);
  if (progress && progress.images > 0) {
    const { images } = progress;
    const seconds = ((count - images) * progress.seconds) / images;
    return { state: { is: 'resumable', images }, seconds };
  }
  const operations = 2 * countNetwork(network, geometry.crop).multiplyAdds;
  const views = 1 + viewsOf(tests, geometry.crop);
  return { state: { is: 'new' }, seconds: (count * views * operations) / (assumedSpeed * threads) };
}

function testSet({ identity, index }: PlannedEvaluation, { decode }: DecodePool): EvaluationOrder['test'] {
  const { mean, data } = identity.spec;
  const plane = data.crop ** 2;
  const means = Float32Array.from({ length: 3 * plane }, (_, i) => mean[Math.floor(i / plane)]!);
  const reading = { index, data, mean: means, decode };
  return {
    count: index.count,
    labels: index.labels,
    single: centreCrop(reading),
    views: test => imageNetViews(test, reading),
  };
}
