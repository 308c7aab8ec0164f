import { join } from 'node:path';
import type { Session } from '../../backends/contract.ts';
import type { ModelState } from '../../ml/program.ts';
import { exitCodes, UserError } from '../errors.ts';
import { digestVectors, writeCheckpoint } from '../record/checkpoint.ts';
import type { EventLog } from '../record/events.ts';
import { jobFiles } from '../record/store.ts';
import type { TraceLog } from '../record/trace.ts';
import type { JobEvent, JobResult, TrainIdentity } from '../record/types.ts';
import type { Finished, Line, TrainingWork } from '../tasks/task.ts';
import { BatchesAhead } from './ahead.ts';
import { type JobContext, Reporter } from './context.ts';
import { determinism } from './determinism.ts';
import { TrainingLog } from './log.ts';
import type { Order } from './types.ts';

/** All that a training works with. */
export interface TrainingParts extends JobContext {
  identity: TrainIdentity;
  work: TrainingWork;
  events: EventLog;
  log: TrainingLog;
  /** Where each step leaves digests of its state; null when they are not asked for. */
  trace: TraceLog | null;
  /** Lines of its curves that people watch. */
  watched: readonly Line[];
}

/** What a training has come to: its result, and the files to be left beside it. */
export interface JobOutcome {
  result: JobResult;
  artefacts: Finished['artefacts'];
}

/** Iterations that are computed twice at the start, to see whether this machine gives the same bits again. */
export const rehearsedIterations = 3;

/** The loop of one training. It writes checkpoints and events; the record is left to the caller. */
export class Training {
  readonly #parts: TrainingParts;
  readonly #batches: BatchesAhead;
  readonly #reporter: Reporter;
  #checkpointAt: number;
  #checkpointed = performance.now();
  /** Share that is done of what comes after the last iteration. */
  #final = 0;

  constructor(parts: TrainingParts) {
    this.#parts = parts;
    const { work, identity } = parts;
    this.#batches = new BatchesAhead(work.batches, work.program, identity.spec.schedule.iterations);
    this.#reporter = new Reporter(parts);
    this.#checkpointAt = parts.log.iteration;
  }

  /** Computes the first steps twice from the same state; the session then stands at that state again. */
  async rehearse(initial: ModelState): Promise<string> {
    const { session, identity, work, signal } = this.#parts;
    const rehearsal = new TrainingLog(identity.spec, work);
    while (rehearsal.iteration < this.#rehearsed && !signal.aborted) await this.#step(rehearsal);
    const digest = await digestState(session);
    await session.setState(initial);
    return digest;
  }

  /** Trains to the end and measures; null when stopped on the way, at a checkpoint or before the first one. */
  async run(rehearsal: string | null): Promise<JobOutcome | null> {
    const { session, log, work, signal, events } = this.#parts;
    while (true) {
      if (log.testDue && !signal.aborted) {
        const point = await work.test(session, this.#between);
        if (point) this.#record(log.tested(point));
      }
      if (signal.aborted || log.finished) break;
      if (this.#checkpointDue()) await this.#checkpoint();
      for (const event of await this.#step(log, this.#parts.trace)) this.#record(event);
      if (rehearsal !== null && log.iteration === this.#rehearsed) {
        const digest = await digestState(session);
        log.firstSteps = { digest, repeated: digest === rehearsal };
      }
      await this.#between();
    }
    await this.#batches.settle();
    if (log.firstSteps.digest !== '' && this.#checkpointAt !== log.iteration) await this.#checkpoint();
    const outcome = signal.aborted ? null : await this.#finish();
    events.sync();
    return outcome;
  }

  /** One iteration: the batch, the step on it, the books. */
  async #step(log: TrainingLog, trace: TraceLog | null = null): Promise<JobEvent[]> {
    const { work, session, clock, order } = this.#parts;
    const { iteration, learningRate } = log;
    const feeds = await this.#batches.take(iteration);
    const begin = performance.now();
    const stepping = session.step(feeds, learningRate);
    this.#batches.prepare(iteration + 1, next => session.prepare?.(next));
    const outputs = await stepping;
    clock.unit(performance.now() - begin);
    if (!Number.isFinite(outputs.loss)) throw diverged(order, iteration, outputs.loss, learningRate);
    trace?.append(iteration + 1, outputs.loss, await session.getState());
    return log.stepped(work.observe(outputs, feeds));
  }

  /** What is measured in the end, and digests; null when stopped. */
  async #finish(): Promise<JobOutcome | null> {
    const { session, log, order, clock, work } = this.#parts;
    const finished = await work.finish(session, log.tail, share => {
      this.#final = share;
      return this.#between();
    });
    if (!finished) return null;
    const { measures, points, curves, artefacts, digests } = finished;
    const wrong = Object.values(measures).find(value => !Number.isFinite(value));
    if (wrong !== undefined) throw diverged(order, log.iteration, wrong, log.learningRate);
    for (const values of Object.values(points)) this.#record(log.tested(values));
    const { warmupEnded, firstSteps } = log;
    return {
      artefacts,
      result: {
        measures,
        curves: { ...log.curves, ...curves },
        facts: warmupEnded === null ? {} : { warmupEnded },
        artefacts: {}, // their digests are taken when they are written
        digests: {
          state: await digestState(session),
          ...(firstSteps.digest !== '' && { firstSteps: firstSteps.digest }),
          ...digests,
        },
        determinism: determinism(firstSteps.repeated, this.#rehearsed, clock),
      },
    };
  }

  #record(event: JobEvent): void {
    this.#parts.events.append(event);
  }

  #checkpointDue(): boolean {
    const { order, log } = this.#parts;
    const rehearsed = log.firstSteps.digest !== ''; // before that, starting again is as quick
    const due = performance.now() - this.#checkpointed >= 1000 * order.checkpointSeconds;
    return rehearsed && due && this.#checkpointAt !== log.iteration;
  }

  async #checkpoint(): Promise<void> {
    const { session, lock, events, order, log, clock, folder, onMessage } = this.#parts;
    lock.assertHeld();
    const header = {
      key: order.key,
      done: log.iteration,
      events: events.sync(),
      progress: log.save(),
      attempts: clock.attempts(),
      threads: session.info.threads,
    };
    writeCheckpoint(join(folder, jobFiles.checkpoint), { header, state: await session.getState() });
    this.#checkpointed = performance.now();
    this.#checkpointAt = log.iteration;
    onMessage({ type: 'checkpointed', done: log.iteration });
  }

  get #rehearsed(): number {
    return Math.min(rehearsedIterations, this.#parts.identity.spec.schedule.iterations);
  }

  /** False once the run is to stop. */
  readonly #between = (): Promise<boolean> => {
    const { log, identity, watched } = this.#parts;
    return this.#reporter.between(() => ({
      done: log.iteration,
      total: identity.spec.schedule.iterations,
      final: this.#final,
      latest: watched.flatMap(({ curve, value, name, unit }) => {
        const point = log.latest(curve as 'train' | 'test');
        return point?.[value] === undefined ? [] : [{ name, value: point[value], unit }];
      }),
    }));
  };
}

/** SHA-256 of parameters and running statistics. */
async function digestState(session: Session): Promise<string> {
  const { parameters, statistics } = await session.getState();
  return digestVectors([parameters, statistics]);
}

/** A loss that is no number ends a run: what would follow is no training any more. */
function diverged({ network, identity }: Order, iteration: number, value: number, rate: number): UserError {
  const seed = identity.kind === 'train' ? `, seed ${identity.seed}` : '';
  const what = `${network}${seed}: the loss is ${value} at iteration ${iteration} (learning rate ${rate})`;
  return new UserError(`${what}; the training diverged.`, {
    fix: 'lower schedule.rate or add a warm-up in the protocol; running it again ends the same way',
    exitCode: exitCodes.failed,
  });
}
