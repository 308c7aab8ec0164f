import type { JobIdentity, JobRecord } from '../record/types.ts';
import type { WeightsFile } from '../tasks/task.ts';

/** What a worker is told: one job. It is a file in the job's folder. */
export interface Order {
  key: string;
  network: string;
  asked: JobRecord['asked'];
  identity: JobIdentity;
  /** Store folder; the job lies in `<store>/runs/<key>/`. */
  store: string;
  /** Folder with the data of the job. */
  dataFolder: string;
  /** The released weights that it evaluates, or begins with. */
  weights?: WeightsFile;
  threads: number;
  /** The file of a user's own backend. */
  backendFile?: string;
  /** Device and variant asked for; the backend's own choice when absent. */
  device?: string;
  variant?: string;
  /** Computes again what is recorded, from the start; the record stays until there is a new one. */
  force: boolean;
  /** Seconds between checkpoints. */
  checkpointSeconds: number;
  /** Whether digests of the state are left of every step. */
  trace?: boolean;
  /** Digest of the design that its verdicts follow, for the record. */
  design?: string;
  /** The command line that asked for it, for the record. */
  command: string;
}

/** What a worker says; appended to a file in the job's folder. */
export type WorkerMessage =
  | { type: 'waiting'; forProcess: number; host: string; file: string; takenOverIn: number | null }
  | { type: 'started'; done: number; total: number }
  | ({ type: 'progress' } & JobProgress)
  | { type: 'checkpointed'; done: number }
  | { type: 'done'; how: Outcome }
  | { type: 'failed'; message: string; fix?: string; exitCode: number }
  /** Its engine is gone; like the death of a worker, that is no reason to give the job up. */
  | { type: 'lost'; message: string };

/** How far a job is. */
export interface JobProgress {
  /** Iterations or images. */
  done: number;
  total: number;
  /** Share that is done of what comes after the last of them. */
  final: number;
  /** Latest values of what is watched: `training error`, `test error`. */
  latest: readonly { name: string; value: number; unit: string }[];
  /** Of one iteration or image. */
  unitSeconds: number;
}

/** How a job came to be recorded. */
export type Outcome = 'ran' | 'resumed' | 'recorded';

/** What `execute` tells whoever shows progress. */
export type ExecutionEvent = { key: string } & (
  | Exclude<WorkerMessage, { type: 'done' | 'lost' }>
  | { type: 'done'; how: Outcome; record: JobRecord }
  | { type: 'died'; message: string; lastLines: readonly string[]; retry: boolean }
);

/** The end of an execution. */
export interface ExecutionResult {
  outcomes: Map<string, Outcome>;
  failures: { key: string; message: string; fix?: string }[];
  /** Whether Ctrl-C (or a termination signal) stopped it; finished runs are kept, the others checkpointed. */
  interrupted: boolean;
}
