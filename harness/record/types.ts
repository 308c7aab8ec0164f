import type { SessionInfo } from '../../backends/contract.ts';
import type { WarmUpState } from '../../ml/optim/warmup.ts';
import type { RunSpec, TestName } from '../manifest/types.ts';

/** What identifies a run: the SHA-256 of its canonical JSON is the run's key. */
export interface RunIdentity {
  spec: RunSpec;
  seed: number;
  /** Digest of the data set's bytes. */
  data: string;
  backend: string;
  /** The backend's `numerics`. */
  numerics: number;
}

/** What a finished run leaves as `record.json`. Everything but `provenance` is a function of the identity. */
export interface RunRecord {
  schema: 1;
  key: string;
  /** The paper's name of the network. */
  network: string;
  identity: RunIdentity;
  result: RunResult;
  provenance: Provenance;
}

/** Errors are percentages of images; losses are mean cross-entropies. */
export interface RunResult {
  /** On all test images, after the last iteration, single view (sec. 4.2). */
  testError: number;
  testLoss: number;
  /** Mean over the (augmented) batches of the last twentieth of the training. */
  trainError: number;
  trainLoss: number;
  /** Iteration at which the warm-up ended; null without warm-up or when it never did. */
  warmupEnded: number | null;
  /** `iteration`: number of iterations done when the point was taken. */
  curve: { train: CurvePoint[]; test: CurvePoint[] };
  /** Standard deviation of each 3x3 layer's response after BN on the test images, in network order (Figure 7). */
  responses: { layer: string; std: number }[] | null;
  /** Errors under the test protocols of the spec, in percent; absent when it names none. */
  tests?: Partial<Record<TestName, { top1: number; top5: number }>>;
  digests: {
    data: string;
    /** Of `scores.bin`, the scores of every image under the test protocols; absent when the spec names none. */
    scores?: string;
    /** Of parameters and running statistics after the last iteration (canonical float32, little endian). */
    state: string;
    /** Of the state after the first steps: a quick comparison between machines. */
    firstSteps: string;
  };
  determinism: Determinism;
}

/** A point of an error curve. */
export interface CurvePoint {
  iteration: number;
  error: number;
  loss: number;
}

/** D1: byte-equal on the same machine and software; D2: within a tolerance elsewhere; D3: statistical only. */
export interface Determinism {
  tier: 'D1' | 'D2' | 'D3';
  /** What was observed that supports the tier. */
  evidence: string;
}

/** Where, when and with what a run was computed; nothing here may be read by aggregation of results. */
export interface Provenance {
  command: string;
  startedAt: string;
  finishedAt: string;
  /** Seconds of computing over all attempts, and how often the run was resumed. */
  seconds: number;
  resumed: number;
  session: SessionInfo;
  node: string;
  platform: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  peakMemoryMiB: number;
  /** Median milliseconds of a training step. */
  stepMilliseconds: number;
  git: { commit: string; dirty: boolean; diffSha256: string | null } | null;
  lockfileSha256: string;
}

/** A line of `events.jsonl`, written while a run goes on; a resumed run cuts the file back to its checkpoint. */
export type RunEvent =
  | ({ type: 'train' } & CurvePoint & { rate: number })
  | ({ type: 'test' } & CurvePoint)
  | { type: 'warmupEnded'; iteration: number };

/** Sums over iterations; kept exactly, so that a resumed run adds on as if it had never stopped. */
export interface Sums {
  iterations: number;
  /** Images classified wrongly. */
  errors: number;
  /** Of the batches' mean losses. */
  loss: number;
}

/** What a training has come to, besides its state vectors and the curves, which are in the events. */
export interface TrainingProgress {
  /** Since the last point of the training curve. */
  window: Sums;
  /** Over the last twentieth of the training. */
  tail: Sums;
  warmUp: WarmUpState;
  /** Iteration of the last point of the test curve; 0 before the first. */
  testedAt: number;
  /** Digest after the first steps, and whether computing them twice gave the same one. */
  firstSteps: { digest: string; repeated: boolean };
}

/** What the attempts so far have cost; for provenance only. */
export interface Attempts {
  startedAt: string;
  seconds: number;
  resumed: number;
  peakMemoryMiB: number;
  stepMilliseconds: number;
  /** Engines that computed a part of the run, each once. */
  engines: string[];
}

/** The header of a checkpoint. */
export interface CheckpointHeader {
  key: string;
  /** Iterations done. */
  iteration: number;
  /** Length of `events.jsonl` in bytes when the checkpoint was taken. */
  eventBytes: number;
  progress: TrainingProgress;
  attempts: Attempts;
}
