import type { Order, WorkerMessage } from './types.ts';

/**
 * Where jobs run: processes of this machine, or a batch system. An order is a file in the job's folder, and what a worker
 * says is appended to a file there, so that the two need share nothing but a file system.
 */
export interface Executor {
  /** Begins a job; its end is an event. */
  start(order: Order): void;
  /** Asks a job to stop at a checkpoint. */
  stop(key: string): void;
  /** What workers say and how they end, in order for each job, until `close`. */
  events(): AsyncIterable<ExecutorEvent>;
  /** Ends the events; no job is running any more. */
  close(): void;
}

/** A message of a worker, or its end. */
export type ExecutorEvent = { key: string } & ({ message: WorkerMessage } | { exit: WorkerExit });

/** How a worker ended. */
export interface WorkerExit {
  exitCode: number | null;
  /** The signal that killed it. */
  killedBy: string | null;
  /** The end of what it wrote to stdout and stderr. */
  lastLines: readonly string[];
}
