import { join } from 'node:path';
import type { Session } from '../../backends/contract.ts';
import { backends, isBackendId } from '../../backends/registry.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram, type Program } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import type { RunSpec } from '../manifest/types.ts';
import { type Checkpoint, readCheckpoint } from '../record/checkpoint.ts';
import { EventLog, readEvents } from '../record/events.ts';
import { type RunLock, waitForLock } from '../record/lock.ts';
import { hostFacts } from '../record/provenance.ts';
import { openStore, runFiles, type Store, sweep } from '../record/store.ts';
import type { RunRecord, RunResult } from '../record/types.ts';
import { imagesOf } from '../tasks/classification/images.ts';
import { Clock } from './clock.ts';
import { type LoadImages, openData } from './data.ts';
import { evaluationBatch } from './evaluate.ts';
import { Progress } from './progress.ts';
import { Training } from './training.ts';
import type { RunOutcome, WorkerMessage, WorkerOrder } from './types.ts';

/** What a training is given besides its order. */
export interface TrainOptions {
  onMessage: (message: WorkerMessage) => void;
  /** Aborting it stops the run at a checkpoint. */
  signal: AbortSignal;
  /** Reads CIFAR-10; the verified files of the order's folder unless told otherwise. */
  loadImages?: LoadImages;
}

/** A finished run and how it came to be recorded, or null when it was stopped before. */
export type TrainEnd = { record: RunRecord; how: RunOutcome } | null;

/**
 * Trains, evaluates and records one run, from its checkpoint if there is one. Only one process does so at a time: while
 * another one has the run, this one waits and then takes what it left. Fails with `UserError`, `DataError` or
 * `BackendError`; the last checkpoint stays.
 */
export async function trainRun(order: WorkerOrder, options: TrainOptions): Promise<TrainEnd> {
  const store = openStore(order.store);
  const folder = store.runFolder(order.key);
  const lock = await waitForLock(folder, options.signal, holder =>
    options.onMessage({ type: 'waiting', forProcess: holder.pid }),
  );
  if (!lock) return null;
  try {
    sweep(folder);
    const recorded = await findRecord(store, order);
    return recorded ? { record: recorded, how: 'recorded' } : await trainLocked(store, lock, order, options);
  } finally {
    lock.release();
  }
}

/** The record that makes training unnecessary. `force` discards it, and a checkpoint that cannot be continued. */
async function findRecord(store: Store, order: WorkerOrder): Promise<RunRecord | null> {
  try {
    const record = await store.readRecord(order.key);
    if (!order.force) return record;
    if (!record) readCheckpoint(join(store.runFolder(order.key), runFiles.checkpoint), order.key);
    else store.discard(order.key);
  } catch (error) {
    if (!order.force || !(error instanceof UserError)) throw error;
    store.discard(order.key);
  }
  return null;
}

async function trainLocked(
  store: Store,
  lock: RunLock,
  order: WorkerOrder,
  options: TrainOptions,
): Promise<TrainEnd> {
  const { spec } = order.identity;
  const folder = store.runFolder(order.key);
  const checkpoint = readCheckpoint(join(folder, runFiles.checkpoint), order.key);
  const progress = resume(spec, folder, checkpoint);
  const data = await openData(order, options.loadImages);
  const program = programOf(order, data.test.count);
  if (options.signal.aborted) return null;
  const host = await hostFacts();
  const session = await openSession(order, program);
  const log = new EventLog(join(folder, runFiles.events), checkpoint?.header.eventBytes ?? 0);
  try {
    const { version, lowering, instructionSet } = session.info;
    const clock = new Clock(
      `${version}, ${lowering}, ${instructionSet}`,
      checkpoint?.header.attempts ?? null,
    );
    const { batches, test } = data;
    const parts = { order, folder, program, session, batches, test, log, lock, clock, progress };
    const training = new Training({ ...parts, signal: options.signal, onMessage: options.onMessage });
    options.onMessage({
      type: 'started',
      iteration: progress.iteration,
      iterations: spec.schedule.iterations,
    });
    const initial = checkpoint?.state ?? initialState(program, order.identity.seed);
    await session.setState(initial);
    const result = await training.run(checkpoint ? null : await training.rehearse(initial));
    if (!result) return null;
    lock.assertHeld();
    const record = makeRecord(order, result, { ...host, ...accounts(clock), session: session.info });
    await store.writeRecord(record);
    return { record, how: checkpoint ? 'resumed' : 'ran' };
  } finally {
    log.close();
    await session.close();
    await data.close();
  }
}

function resume(spec: RunSpec, folder: string, checkpoint: Checkpoint | null): Progress {
  if (!checkpoint) return new Progress(spec);
  const { iteration, progress, eventBytes } = checkpoint.header;
  return Progress.resume(spec, iteration, progress, readEvents(join(folder, runFiles.events), eventBytes));
}

/** The program for images of the size that the spec wants. */
function programOf({ identity }: WorkerOrder, testImages: number): Program {
  const { data, network, optimiser } = identity.spec;
  const { size } = imagesOf(data);
  return buildProgram({
    network,
    imageSize: size,
    sgd: optimiser.sgd,
    trainBatch: optimiser.batch,
    evaluationBatch: evaluationBatch(testImages, size),
  });
}

async function openSession({ identity, threads, lowering }: WorkerOrder, program: Program): Promise<Session> {
  if (!isBackendId(identity.backend)) {
    throw new UserError(
      `No backend ${identity.backend}; expected one of ${Object.keys(backends).join(', ')}.`,
    );
  }
  const backend = await backends[identity.backend]();
  return backend.open(program, lowering === undefined ? { threads } : { threads, lowering });
}

function accounts(clock: Clock) {
  const { engines: _, ...attempts } = clock.attempts();
  return { ...attempts, finishedAt: new Date().toISOString() };
}

function makeRecord(
  { key, network, identity, command }: WorkerOrder,
  result: RunResult,
  facts: Omit<RunRecord['provenance'], 'command'>,
): RunRecord {
  return { schema: 1, key, network, identity, result, provenance: { command, ...facts } };
}
