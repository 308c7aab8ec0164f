import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../../backends/contract.ts';
import type { Batches } from '../../ml/data/cifar10/batches.ts';
import { classificationSums } from '../../ml/metrics/classification.ts';
import type { ModelState, Program } from '../../ml/program.ts';
import { exitCodes, UserError } from '../errors.ts';
import { digestVectors, writeCheckpoint } from '../record/checkpoint.ts';
import type { EventLog } from '../record/events.ts';
import type { RunLock } from '../record/lock.ts';
import { runFiles } from '../record/store.ts';
import type { Determinism, RunEvent, RunResult } from '../record/types.ts';
import type { Clock } from './clock.ts';
import { evaluate, type TestSet } from './evaluate.ts';
import { measureFinal } from './final.ts';
import { Progress } from './progress.ts';
import type { WorkerMessage, WorkerOrder } from './types.ts';

/** All that a training works with. */
export interface Parts {
  order: WorkerOrder;
  folder: string;
  program: Program;
  session: Session;
  batches: Batches;
  test: TestSet;
  log: EventLog;
  lock: RunLock;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
  onMessage: (message: WorkerMessage) => void;
}

/** Iterations that are computed twice at the start, to see whether this machine gives the same bits again. */
const rehearsedIterations = 3;

/** Seconds between progress messages: seldom enough to cost nothing. */
const progressSeconds = 0.25;

/** The loop of one run. It writes checkpoints and events; the record is left to the caller. */
export class Training {
  readonly #parts: Parts;
  readonly #batch: { images: Float32Array; labels: Int32Array };
  #checkpointAt: number;
  #checkpointed = performance.now();
  #reported = performance.now();
  /** Share that is done of what comes after the last iteration. */
  #final = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#checkpointAt = parts.progress.iteration;
    const { trainBatch, imageSize } = parts.program;
    this.#batch = {
      images: new Float32Array(trainBatch * 3 * imageSize ** 2),
      labels: new Int32Array(trainBatch),
    };
  }

  /** Computes the first steps twice from the same state; the session then stands at that state again. */
  async rehearse(initial: ModelState): Promise<string> {
    const { session, order, signal } = this.#parts;
    const rehearsal = new Progress(order.identity.spec);
    while (rehearsal.iteration < rehearsed(order) && !signal.aborted) await this.#step(rehearsal);
    const digest = await digestState(session);
    await session.setState(initial);
    return digest;
  }

  /** Trains to the end and evaluates; null when stopped on the way, at a checkpoint or before the first one. */
  async run(rehearsal: string | null): Promise<RunResult | null> {
    const { session, progress, program, order, signal, log } = this.#parts;
    const { evaluation } = order.identity.spec;
    while (true) {
      if (progress.testDue && !signal.aborted) {
        const score = await evaluate(
          session,
          program,
          this.#parts.test,
          evaluation.testErrorImages,
          this.#between,
        );
        if (score) this.#record(progress.tested(score.error, score.loss));
      }
      if (signal.aborted || progress.finished) break;
      if (this.#checkpointDue()) await this.#checkpoint();
      for (const event of await this.#step(progress)) this.#record(event);
      if (rehearsal !== null && progress.iteration === rehearsed(order)) {
        const digest = await digestState(session);
        progress.firstSteps = { digest, repeated: digest === rehearsal };
      }
      await this.#between();
    }
    if (progress.firstSteps.digest !== '' && this.#checkpointAt !== progress.iteration)
      await this.#checkpoint();
    const result = signal.aborted ? null : await this.#finish();
    log.sync();
    return result;
  }

  /** One iteration: the batch, the step on it, the books. */
  async #step(progress: Progress): Promise<RunEvent[]> {
    const { batches, session, program, clock, order } = this.#parts;
    const { iteration, rate } = progress;
    await batches.fill(iteration, this.#batch);
    const begin = performance.now();
    const { loss, logits } = await session.trainStep(this.#batch, rate);
    clock.step(performance.now() - begin);
    if (!Number.isFinite(loss)) throw diverged(order, iteration, loss, rate);
    const { errors } = classificationSums(logits, this.#batch.labels, program.network.classes);
    return progress.stepped(loss, errors, rate);
  }

  /** Final error, responses, tests and digests; null when stopped. */
  async #finish(): Promise<RunResult | null> {
    const { session, progress, order, clock } = this.#parts;
    const { identity } = order;
    const { evaluation, schedule } = identity.spec;
    const measured = { ...this.#parts, evaluation, iterations: schedule.iterations };
    const measures = await measureFinal(measured, share => {
      this.#final = share;
      return this.#between();
    });
    if (!measures) return null;
    const { score, scores, ...rest } = measures;
    if (!Number.isFinite(score.loss)) throw diverged(order, progress.iteration, score.loss, progress.rate);
    this.#record(progress.tested(score.error, score.loss));
    const { digest } = progress.firstSteps;
    return {
      testError: score.error,
      testLoss: score.loss,
      ...progress.outcome(),
      ...rest,
      digests: {
        data: identity.data,
        ...(scores !== undefined && { scores }),
        state: await digestState(session),
        firstSteps: digest,
      },
      determinism: determinism(progress, clock.engines, rehearsed(order)),
    };
  }

  #record(event: RunEvent): void {
    this.#parts.log.append(event);
  }

  #checkpointDue(): boolean {
    const { order, progress } = this.#parts;
    const rehearsed = progress.firstSteps.digest !== ''; // before that, starting again is as quick
    const due = performance.now() - this.#checkpointed >= 1000 * order.checkpointSeconds;
    return rehearsed && due && this.#checkpointAt !== progress.iteration;
  }

  async #checkpoint(): Promise<void> {
    const { session, lock, log, order, progress, clock, folder, onMessage } = this.#parts;
    lock.assertHeld();
    const header = {
      key: order.key,
      iteration: progress.iteration,
      eventBytes: log.sync(),
      progress: progress.save(),
      attempts: clock.attempts(),
    };
    writeCheckpoint(join(folder, runFiles.checkpoint), { header, state: await session.getState() });
    this.#checkpointed = performance.now();
    this.#checkpointAt = progress.iteration;
    onMessage({ type: 'checkpointed', iteration: progress.iteration });
  }

  /** Now and then lets messages in and out; false once the run is to stop. */
  readonly #between = async (): Promise<boolean> => {
    const { lock, progress, order, clock, signal, onMessage } = this.#parts;
    if (performance.now() - this.#reported >= 1000 * progressSeconds) {
      this.#reported = performance.now();
      await turn();
      lock.heartbeat();
      onMessage({
        type: 'progress',
        iteration: progress.iteration,
        iterations: order.identity.spec.schedule.iterations,
        final: this.#final,
        ...progress.current,
        stepSeconds: clock.recentStepSeconds,
      });
    }
    return !signal.aborted;
  };
}

/** SHA-256 of parameters and running statistics. */
async function digestState(session: Session): Promise<string> {
  const { parameters, statistics } = await session.getState();
  return digestVectors([parameters, statistics]);
}

function rehearsed(order: WorkerOrder): number {
  return Math.min(rehearsedIterations, order.identity.spec.schedule.iterations);
}

function determinism({ firstSteps }: Progress, engines: readonly string[], steps: number): Determinism {
  if (engines.length > 1) {
    return { tier: 'D3', evidence: `computed by more than one engine: ${engines.join('; then ')}` };
  }
  const twice = `the first ${steps} iterations, computed twice in one process from the same state,`;
  return firstSteps.repeated
    ? { tier: 'D1', evidence: `${twice} ended in the same bytes` }
    : { tier: 'D3', evidence: `${twice} ended in different bytes` };
}

/** A loss that is no number ends a run: what would follow is no training any more. */
function diverged(
  { network, identity }: WorkerOrder,
  iteration: number,
  loss: number,
  rate: number,
): UserError {
  const what = `${network}, seed ${identity.seed}: the loss is ${loss} at iteration ${iteration} (learning rate ${rate})`;
  return new UserError(`${what}; the training diverged.`, {
    fix: 'lower schedule.rate or add a warm-up in the protocol; running it again ends the same way',
    exitCode: exitCodes.failed,
  });
}
