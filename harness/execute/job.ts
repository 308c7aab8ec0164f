import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Session } from '../../backends/contract.ts';
import { backends, findBackend } from '../../backends/registry.ts';
import { staleSeconds } from '../../ml/data/holder.ts';
import { initialState } from '../../ml/optim/init.ts';
import type { Program } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import { type Checkpoint, readCheckpoint } from '../record/checkpoint.ts';
import { EventLog, readEvents } from '../record/events.ts';
import { remove, sweep } from '../record/files.ts';
import { digestOf } from '../record/keys.ts';
import { type HeldLock, type RunLock, waitForLock } from '../record/lock.ts';
import { neededFiles } from '../record/needs.ts';
import { codeState, hostFacts } from '../record/provenance.ts';
import { jobFiles, markStore, openStore, type Store } from '../record/store.ts';
import { openTrace } from '../record/trace.ts';
import {
  type EvaluateIdentity,
  type JobRecord,
  type TrainIdentity,
  type TrainingProgress,
  version,
} from '../record/types.ts';
import { taskOf } from '../tasks/registry.ts';
import type { EvaluationProgress, TaskExecution } from '../tasks/task.ts';
import { Clock } from './clock.ts';
import type { JobContext } from './context.ts';
import { runEvaluation } from './evaluation.ts';
import { TrainingLog } from './log.ts';
import { sweepOrders } from './orders.ts';
import { type JobOutcome, Training } from './training.ts';
import type { Order, Outcome, WorkerMessage } from './types.ts';

/** What a job is given besides its order. */
export interface RunOptions {
  onMessage: (message: WorkerMessage) => void;
  /** Aborting it stops the job at a checkpoint. */
  signal: AbortSignal;
  /** What runs the task's jobs; the task's own unless a test has another. */
  execution?: TaskExecution;
}

/** A finished job and how it came to be recorded, or null when it was stopped before. */
export type JobEnd = { record: JobRecord; how: Outcome } | null;

/**
 * Runs and records one job, from its checkpoint if there is one. Only one process does so at a time: while another one has
 * the job, this one waits and then takes what it left. Fails with an explained error; the last checkpoint stays.
 */
export async function runJob(order: Order, options: RunOptions): Promise<JobEnd> {
  const store = openStore(order.store);
  markStore(store.folder);
  const folder = store.jobFolder(order.key);
  const lock = await waitForLock(folder, options.signal, holder => options.onMessage(waiting(holder)));
  if (!lock) return null;
  try {
    sweep(folder);
    sweepOrders(folder);
    const recorded = findRecord(store, order);
    return recorded ? { record: recorded, how: 'recorded' } : await runLocked(store, lock, order, options);
  } finally {
    lock.release();
  }
}

/**
 * The record that makes the job unnecessary. Under `force` it stays until there is a new one; a checkpoint beside a record
 * is of an earlier such attempt and is resumed, any other one is not.
 */
function findRecord(store: Store, order: Order): JobRecord | null {
  const checkpoint = join(store.jobFolder(order.key), jobFiles.checkpoint);
  if (!order.force) {
    const record = store.record(order.key);
    if (record) store.tidy(record);
    return record;
  }
  const reading = store.read(order.key);
  const record = reading && 'record' in reading ? reading.record : null;
  if (!record || store.doneAgain(record) === null || !isUsable(checkpoint, order.key)) remove(checkpoint);
  return null;
}

function isUsable(checkpoint: string, key: string): boolean {
  try {
    readCheckpoint(checkpoint, key);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

async function runLocked(store: Store, lock: RunLock, order: Order, options: RunOptions): Promise<JobEnd> {
  const { identity } = order;
  const execution = options.execution ?? (await taskOf(identity.task).load());
  const code = await codeState(identity.backend);
  const locked = { store, lock, order, options, execution, code };
  return identity.kind === 'train' ? train(locked, identity) : evaluate(locked, identity);
}

function waiting({ pid, host, file, age, comparable }: HeldLock): WorkerMessage {
  const takenOverIn = comparable ? null : Math.max(0, Math.round(staleSeconds - Math.max(0, age)));
  return { type: 'waiting', forProcess: pid, host, file, takenOverIn };
}

interface Locked {
  store: Store;
  lock: RunLock;
  order: Order;
  options: RunOptions;
  execution: TaskExecution;
  code: Awaited<ReturnType<typeof codeState>>;
}

async function train(locked: Locked, identity: TrainIdentity): Promise<JobEnd> {
  const { store, order, options, execution } = locked;
  const { spec, seed, inputs } = identity;
  const folder = store.jobFolder(order.key);
  const checkpoint = readCheckpoint<TrainingProgress>(join(folder, jobFiles.checkpoint), order.key);
  const eventsFile = join(folder, jobFiles.events);
  const kept = checkpoint ? readEvents(eventsFile, checkpoint.header.events) : [];
  const needs = neededFiles(store, identity);
  const work = await execution.openTraining({ ...order, spec, seed, data: inputs.data, needs });
  try {
    if (options.signal.aborted) return null;
    const log = checkpoint
      ? TrainingLog.resume(spec, work, checkpoint.header.done, checkpoint.header.progress, kept)
      : new TrainingLog(spec, work);
    const events = new EventLog(eventsFile, checkpoint?.header.events ?? null);
    try {
      return await withSession(locked, work.program, checkpoint, async context => {
        const watched = Object.values(taskOf(identity.task).lines).filter(
          ({ over }) => over === 'iterations',
        );
        const trace = openTrace(
          join(folder, jobFiles.trace),
          work.program,
          log.iteration,
          order.trace ?? false,
        );
        const training = new Training({ ...context, identity, work, events, log, trace, watched });
        options.onMessage({ type: 'started', done: log.iteration, total: spec.schedule.iterations });
        const initial = checkpoint?.state ?? work.initial ?? initialState(work.program, seed);
        await context.session.setState(initial);
        return training.run(checkpoint ? null : await training.rehearse(initial));
      });
    } finally {
      events.close();
    }
  } finally {
    await work.close();
  }
}

async function evaluate(locked: Locked, identity: EvaluateIdentity): Promise<JobEnd> {
  const { store, order, options, execution } = locked;
  const { weights } = order;
  if (!weights) throw new UserError(`${order.network}: the order names no weights.`);
  const checkpoint = readCheckpoint<EvaluationProgress>(
    join(store.jobFolder(order.key), jobFiles.checkpoint),
    order.key,
  );
  const work = await execution.openEvaluation({
    ...order,
    weights,
    spec: identity.spec,
    data: identity.inputs.data,
    needs: {},
  });
  try {
    if (options.signal.aborted) return null;
    return await withSession(locked, work.program, checkpoint, async context => {
      options.onMessage({ type: 'started', done: checkpoint?.header.done ?? 0, total: work.total });
      await context.session.setState(work.state);
      return runEvaluation(context, work, checkpoint?.header.progress ?? null);
    });
  } finally {
    await work.close();
  }
}

/** Opens a session, lets `run` compute on it, and records what came of it. */
async function withSession(
  { store, lock, order, options, code }: Locked,
  program: Program,
  checkpoint: Checkpoint | null,
  run: (context: JobContext) => Promise<JobOutcome | null>,
): Promise<JobEnd> {
  const session = await openSession(order, program, checkpoint?.header.threads);
  try {
    const { version: engine, device, variant, hardware } = session.info;
    const earlier = checkpoint?.header.attempts ?? null;
    const clock = new Clock(`${engine}, ${device}, ${variant}, ${hardware}`, code, earlier);
    const { signal, onMessage } = options;
    const folder = store.jobFolder(order.key);
    const outcome = await run({ order, folder, session, lock, clock, signal, onMessage });
    if (!outcome) return null;
    clock.engineMemory((await session.peakMemory?.()) ?? 0);
    lock.assertHeld();
    const record = recordOf(order, outcome, clock, session);
    store.write(record, outcome.artefacts);
    return { record, how: checkpoint ? 'resumed' : 'ran' };
  } finally {
    await session.close();
  }
}

/** A session; one that continues a job keeps its number of threads, `earlier`, where that decides bits. */
async function openSession(
  { identity, backendFile, threads, device, variant }: Order,
  program: Program,
  earlier: number | undefined,
): Promise<Session> {
  const found = await findBackend(backendFile ?? identity.backend);
  if (!found) {
    throw new UserError(
      `No backend ${identity.backend}; expected one of ${Object.keys(backends).join(', ')}.`,
    );
  }
  if (found.name !== identity.backend) {
    throw new UserError(
      `${backendFile} has changed since the plan: ${found.name} is not ${identity.backend}.`,
      {
        fix: 'run the same command again',
      },
    );
  }
  const { backend } = found;
  // A backend of the user's own need not look.
  if (program.replicas > 1 && !backend.capabilities.replicas)
    throw new UserError(`${found.name} cannot share a batch between replicas.`, { fix: '--backend torch' });
  const kept = backend.capabilities.threadInvariant ? threads : (earlier ?? threads);
  return backend.open(program, { threads: kept, ...(device && { device }), ...(variant && { variant }) });
}

function recordOf(
  { key, network, asked, identity, command, design }: Order,
  outcome: JobOutcome,
  clock: Clock,
  session: Session,
): JobRecord {
  const artefacts = Object.entries(outcome.artefacts).map(([file, parts]) => [file, sha256(parts)]);
  const result = { ...outcome.result, artefacts: Object.fromEntries(artefacts) };
  const { engines: _, ...attempts } = clock.attempts();
  return {
    version,
    key,
    network,
    asked,
    identity,
    result,
    resultSha256: digestOf(result),
    provenance: {
      command,
      ...(design !== undefined && { design }),
      ...attempts,
      finishedAt: new Date().toISOString(),
      session: session.info,
      ...hostFacts(),
    },
  };
}

function sha256(parts: readonly Uint8Array[]): string {
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
}
