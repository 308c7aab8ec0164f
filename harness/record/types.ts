import type { SessionInfo } from '../../backends/contract.ts';
import type { WarmUpState } from '../../ml/optim/warmup.ts';
import type { TaskId } from '../tasks/registry.ts';
import type { CurvePoint, EvaluateSpec, EvaluationProgress, Sums, TrainSpec } from '../tasks/task.ts';

/** What an identity, a record and a store are written as; `migrate.ts` brings older ones up. */
export const version = 2;

/**
 * What identifies a job: the SHA-256 of its canonical JSON, fields at their defaults left out, is the job's key. It is
 * everything that changes the result beyond rounding.
 */
export type JobIdentity = TrainIdentity | EvaluateIdentity;

/** A training. */
export interface TrainIdentity extends CommonIdentity {
  kind: 'train';
  spec: TrainSpec;
  seed: number;
  /** `data`: digest of the data set's bytes, or of their list; `jobs`: keys of the trainings whose results it takes in. */
  inputs: { data: string; jobs?: Readonly<Record<string, string>> };
}

/** An evaluation of given weights, which take the place of a training and its seed. */
export interface EvaluateIdentity extends CommonIdentity {
  kind: 'evaluate';
  spec: EvaluateSpec;
  /** `weights`: digest of a file, or the key of the job that left them. */
  inputs: { data: string; weights: string };
}

interface CommonIdentity {
  version: typeof version;
  task: TaskId;
  backend: string;
  /** The backend's `numerics`. */
  numerics: number;
}

/** What a finished job leaves as `record.json`. `result` is a function of the identity and the code; the rest says whose. */
export interface JobRecord<I extends JobIdentity = JobIdentity> {
  version: typeof version;
  key: string;
  /** The paper's name of the network. */
  network: string;
  /** Which experiment and profile asked for it first; not part of the identity. */
  asked: { experiment: string; profile: string } | null;
  identity: I;
  result: JobResult;
  /** SHA-256 of the canonical JSON of `result`. */
  resultSha256: string;
  provenance: Provenance;
}

/** What was measured. Units and directions of measures are those of the task. */
export interface JobResult {
  measures: Readonly<Record<string, number>>;
  curves: Readonly<Record<string, readonly CurvePoint[]>>;
  /** Whole numbers worth knowing, by name: `warmupEnded`, the iteration at which the warm-up ended. */
  facts: Readonly<Record<string, number>>;
  /** SHA-256 of the files beside the record, by name. */
  artefacts: Readonly<Record<string, string>>;
  /** Other digests: `state`, of parameters and running statistics in the end; `firstSteps`, after the first iterations. */
  digests: Readonly<Record<string, string>>;
  determinism: Determinism;
}

/** D1: byte-equal on the same machine and software; D2: within a tolerance elsewhere; D3: statistical only. */
export interface Determinism {
  tier: 'D1' | 'D2' | 'D3';
  /** What was observed that supports the tier. */
  evidence: string;
}

/** Where, when and with what a job was computed; nothing here may be read by aggregation of results. */
export interface Provenance extends HostFacts {
  command: string;
  startedAt: string;
  finishedAt: string;
  /** Seconds of computing over all attempts, and how often the job was resumed. */
  seconds: number;
  resumed: number;
  session: SessionInfo;
  peakMemoryMiB: number;
  /** Median milliseconds of a unit of work: a training step, or an evaluated image. */
  unitMilliseconds: number;
  /** Digest of the design that its verdicts were to follow when it was begun; absent in records that are older than that. */
  design?: string;
  /** The code that computed it, each state once, in order: more than one when it was resumed under another. */
  code: readonly CodeState[];
}

/** A machine. */
export interface HostFacts {
  node: string;
  platform: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
}

/** A state of the code. */
export interface CodeState {
  /** SHA-256 of the sources that compute results; null in records that are older than it. */
  sources: string | null;
  /** The commit; null where git could not tell, and then `unknown` says why. */
  commit: string | null;
  unknown?: string;
  dirty: boolean;
  /** Of the uncommitted changes; null without any. */
  diffSha256: string | null;
  lockfileSha256: string;
}

/** A line of `events.jsonl`, written while a job goes on; a resumed one cuts the file back to its checkpoint. */
export type JobEvent =
  | { type: 'point'; curve: string; point: CurvePoint; learningRate?: number }
  | { type: 'warmupEnded'; at: number };

/** What a training has come to, besides its state vectors and the curves, which are in the events. */
export interface TrainingProgress {
  /** Since the last point of the training curve. */
  window: { iterations: number; sums: Sums };
  /** Over the last twentieth of the training. */
  tail: { iterations: number; sums: Sums };
  warmUp: WarmUpState;
  /** Iteration of the last point of the test curve; 0 before the first. */
  testedAt: number;
  /** Digest after the first steps, and whether computing them twice gave the same one. */
  firstSteps: { digest: string; repeated: boolean };
}

/** What the attempts so far have cost, and what computed them. */
export interface Attempts {
  startedAt: string;
  seconds: number;
  resumed: number;
  peakMemoryMiB: number;
  unitMilliseconds: number;
  /** Engines that computed a part of the job, each once. */
  engines: readonly string[];
  code: readonly CodeState[];
}

/** The header of a checkpoint. */
export interface CheckpointHeader<P = TrainingProgress | EvaluationProgress> {
  key: string;
  /** Iterations or images that are done. */
  done: number;
  /** Length of `events.jsonl` in bytes when the checkpoint was taken, and the SHA-256 of that part. */
  events: { bytes: number; sha256: string };
  progress: P;
  attempts: Attempts;
  /** Threads of the session; absent in checkpoints of earlier versions. */
  threads?: number;
}
