import type { Batches } from '../../ml/data/cifar10/batches.ts';
import type { RunIdentity, RunRecord } from '../record/types.ts';
import type { TestSet } from './evaluate.ts';

/** What a worker process is told: one run. */
export interface WorkerOrder {
  key: string;
  network: string;
  identity: RunIdentity;
  /** Store folder; the run lies in `<store>/runs/<key>/`. */
  store: string;
  /** Folder with the data of the run: the verified CIFAR-10 files, or ImageNet. */
  dataFolder: string;
  threads: number;
  /** Lowering asked for; the backend's own choice when absent. */
  lowering?: string;
  /** Discards a finished run and starts again; one that was interrupted goes on, unless its checkpoint is unusable. */
  force: boolean;
  /** Seconds between checkpoints. */
  checkpointSeconds: number;
  /** The command line that asked for it, for the record. */
  command: string;
}

/** What a worker process says. */
export type WorkerMessage =
  | { type: 'waiting'; forProcess: number }
  | { type: 'started'; iteration: number; iterations: number }
  | {
      type: 'progress';
      iteration: number;
      iterations: number;
      /** Share that is done of what comes after the last iteration. */
      final: number;
      trainError: number | null;
      testError: number | null;
      stepSeconds: number;
    }
  | { type: 'checkpointed'; iteration: number }
  | { type: 'done'; record: RunRecord; how: RunOutcome }
  | { type: 'failed'; message: string; fix?: string; exitCode: number };

/** How a run came to be recorded. */
export type RunOutcome = 'ran' | 'resumed' | 'recorded';

/** What `execute` tells whoever shows progress. */
export type ExecutionEvent = { key: string } & (
  | WorkerMessage
  | { type: 'died'; message: string; lastLines: string[]; retry: boolean }
);

/** The end of an execution. */
export interface ExecutionResult {
  outcomes: Map<string, RunOutcome>;
  failures: { key: string; message: string; fix?: string }[];
  /** Whether Ctrl-C (or a termination signal) stopped it; finished runs are kept, the others checkpointed. */
  interrupted: boolean;
}

/** The data of a run, as its spec wants them. */
export interface RunData {
  batches: Batches;
  test: TestSet;
  close(): Promise<void>;
}
