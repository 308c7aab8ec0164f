import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../../backends/contract.ts';
import { backends, isBackendId } from '../../backends/registry.ts';
import type { View } from '../../ml/data/cifar10/views.ts';
import { type TopErrors, topErrors } from '../../ml/metrics/scores.ts';
import { networkName } from '../../ml/nets/spec.ts';
import { buildProgram, type ModelState, type Program } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import {
  discardEvaluation,
  type EvaluationIdentity,
  type EvaluationProgress,
  type EvaluationRecord,
  type EvaluationResult,
  evaluationFolder,
  readEvaluation,
  readEvaluationProgress,
  writeEvaluation,
  writeEvaluationProgress,
} from '../record/evaluations.ts';
import { runKey } from '../record/keys.ts';
import { type RunLock, waitForLock } from '../record/lock.ts';
import { hostFacts } from '../record/provenance.ts';
import { sweep } from '../record/store.ts';
import { scoreBatch, type TestSet } from './evaluate.ts';

/** An evaluation of given weights, and what it is of. */
export interface EvaluationOrder {
  identity: EvaluationIdentity;
  state: ModelState;
  test: TestSet;
  /** Store folder. */
  store: string;
  threads: number;
  lowering?: string;
  /** Evaluates again what is recorded. */
  force: boolean;
  /** Seconds between savings of the progress. */
  checkpointSeconds: number;
  command: string;
  /** Aborting it stops the evaluation; the same order goes on from there. */
  signal: AbortSignal;
  /** Another process, whose id it is, is at the same evaluation. */
  onWaiting: (forProcess: number) => void;
  onProgress: (images: number, of: number) => void;
}

/** At most so many images are scored together: ResNet-50 at five scales up to 640x640 pixels then takes some 3 GB. */
export const evaluationBatch = 8;

/**
 * Evaluates weights on all images of a test set, under the single view and the tests of the identity, and records it;
 * every image counts exactly once. An earlier record is returned as it is, an interrupted evaluation goes on where it
 * stopped and ends in the same result. Null when stopped. Fails with `UserError`, `DataError` or `BackendError`.
 */
export async function evaluateWeights(order: EvaluationOrder): Promise<EvaluationRecord | null> {
  const { identity, store, signal } = order;
  const key = runKey(identity);
  const folder = evaluationFolder(store, key);
  const lock = await waitForLock(folder, signal, holder => order.onWaiting(holder.pid));
  if (!lock) return null;
  try {
    sweep(folder);
    if (order.force) discardEvaluation(store, key);
    return readEvaluation(store, key) ?? (await evaluateLocked(key, lock, order));
  } finally {
    lock.release();
  }
}

async function evaluateLocked(
  key: string,
  lock: RunLock,
  order: EvaluationOrder,
): Promise<EvaluationRecord | null> {
  const { identity, test, store, command } = order;
  const { session, program } = await openSession(order);
  try {
    await session.setState(order.state);
    const progress = await scoreAll(key, session, program, lock, order);
    if (!progress) return null;
    const { scores, seconds } = progress;
    const record: EvaluationRecord = {
      schema: 1,
      key,
      network: networkName(identity.spec.network),
      identity,
      result: { images: test.count, ...percentages(progress), scores },
      provenance: {
        command,
        finishedAt: new Date().toISOString(),
        seconds,
        session: session.info,
        ...(await hostFacts()),
      },
    };
    lock.assertHeld();
    writeEvaluation(store, record);
    return record;
  } finally {
    await session.close();
  }
}

async function openSession({ identity, test, threads, lowering }: EvaluationOrder) {
  const { network, data } = identity.spec;
  if (!isBackendId(identity.backend)) {
    throw new UserError(
      `No backend ${identity.backend}; expected one of ${Object.keys(backends).join(', ')}.`,
    );
  }
  const program = buildProgram({
    network,
    imageSize: data.crop,
    sgd: { momentum: 0, weightDecay: 0, form: 'caffe' },
    trainBatch: 1,
    evaluationBatch: Math.min(evaluationBatch, test.count),
  });
  const backend = await backends[identity.backend]();
  const session = await backend.open(program, lowering === undefined ? { threads } : { threads, lowering });
  return { session, program };
}

/** Scores what is not scored yet, batch by batch under all protocols; null when stopped. */
async function scoreAll(
  key: string,
  session: Session,
  program: Program,
  lock: RunLock,
  { identity, test, store, signal, checkpointSeconds, onProgress }: EvaluationOrder,
): Promise<EvaluationProgress | null> {
  const protocols = new Map<string, View[]>([['single', [test.single]]]);
  for (const spec of identity.spec.tests) protocols.set(spec.name, test.views(spec));
  let progress = readEvaluationProgress(store, key) ?? begin(key, protocols.keys());
  let [since, saved] = [performance.now(), performance.now()];
  const between = async () => {
    lock.heartbeat();
    await turn(); // lets a stop come in
    return !signal.aborted;
  };
  while (progress.images < test.count) {
    const count = Math.min(program.evaluationBatch, test.count - progress.images);
    const labels = test.labels.subarray(progress.images, progress.images + count);
    const next = { ...progress, images: progress.images + count, wrong: { ...progress.wrong } };
    for (const [name, views] of protocols) {
      const scores = await scoreBatch(session, program, views, progress.images, count, between);
      if (!scores) {
        writeEvaluationProgress(store, progress);
        return null;
      }
      next.wrong[name] = added(next.wrong[name]!, scores, labels, program.network.classes);
      next.scores = chained(next.scores, scores);
    }
    const now = performance.now();
    progress = { ...next, seconds: progress.seconds + (now - since) / 1000 };
    since = now;
    if (now - saved >= 1000 * checkpointSeconds) {
      lock.assertHeld();
      writeEvaluationProgress(store, progress);
      saved = now;
    }
    onProgress(progress.images, test.count);
  }
  return progress;
}

function begin(key: string, protocols: Iterable<string>): EvaluationProgress {
  const wrong = Object.fromEntries([...protocols].map(name => [name, { top1: 0, top5: 0 }]));
  return { key, images: 0, wrong, scores: '', seconds: 0 };
}

/** Counts of wrong images are whole numbers: sums of them are exact. */
function added(sum: TopErrors, scores: Float64Array, labels: ArrayLike<number>, classes: number): TopErrors {
  const { top1, top5 } = topErrors(scores, labels, classes);
  const images = (percent: number) => Math.round((percent * labels.length) / 100);
  return { top1: sum.top1 + images(top1), top5: sum.top5 + images(top5) };
}

function chained(digest: string, scores: Float64Array): string {
  return createHash('sha256').update(digest).update(Float32Array.from(scores)).digest('hex');
}

function percentages({ images, wrong }: EvaluationProgress): Pick<EvaluationResult, 'single' | 'tests'> {
  const percent = ({ top1, top5 }: TopErrors) => ({
    top1: (100 * top1) / images,
    top5: (100 * top5) / images,
  });
  const { single, ...tests } = Object.fromEntries(
    Object.entries(wrong).map(([name, counts]) => [name, percent(counts)]),
  );
  return { single: single!, tests };
}
