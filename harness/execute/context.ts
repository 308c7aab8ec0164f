import { setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../../backends/contract.ts';
import type { LogPrefix } from '../record/events.ts';
import type { RunLock } from '../record/lock.ts';
import type { Clock } from './clock.ts';
import type { JobProgress, Order, WorkerMessage } from './types.ts';

/** What the loop of a job works with, whatever the job. */
export interface JobContext {
  order: Order;
  folder: string;
  session: Session;
  lock: RunLock;
  clock: Clock;
  signal: AbortSignal;
  onMessage: (message: WorkerMessage) => void;
}

/** A part of a checkpoint header that is the same for every job. */
export const noEvents: LogPrefix = {
  bytes: 0,
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', // of nothing
};

/** Tells now and then how far a job is, and lets a stop come in; seldom enough to cost nothing. */
export class Reporter {
  readonly #context: JobContext;
  #reported = performance.now();

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** To be called between batches; false once the job is to stop. */
  async between(progress: () => Omit<JobProgress, 'unitSeconds'>): Promise<boolean> {
    const { lock, clock, signal, onMessage } = this.#context;
    const now = performance.now();
    if (now - this.#reported >= 1000 * this.#interval) {
      this.#reported = now;
      await turn();
      lock.heartbeat();
      onMessage({ type: 'progress', ...progress(), unitSeconds: clock.recentUnitSeconds });
    }
    return !signal.aborted;
  }

  /** Seconds between two messages: more of them the longer a job takes, so that what was said never fills a disk. */
  get #interval(): number {
    return Math.min(2, Math.max(0.25, this.#context.clock.seconds / 400));
  }
}
