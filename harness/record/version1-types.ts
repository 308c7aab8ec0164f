import type { ResidualNetwork } from '../../ml/nets/spec.ts';
import type { TrainSpec } from '../tasks/task.ts';
import type { Attempts, JobResult, Provenance } from './types.ts';

// The forms of version 1.

/** A network: of sec. 4.2 by its n, or of Table 1 by its blocks. */
export type OldNetwork = Pick<ResidualNetwork, 'widths' | 'shortcut' | 'classes' | 'batchNorm' | 'init'> &
  (
    | { family: 'resnet' | 'plain'; n: number }
    | ({ family: 'imagenet-resnet' | 'imagenet-plain' } & Pick<
        ResidualNetwork,
        'block' | 'blocks' | 'strideIn' | 'stem'
      >)
  );

/** What was measured; fields that were optional. */
export interface OldEvaluation {
  trainErrorEvery: number;
  testErrorEvery: number;
  statisticsBatches?: number;
  tests?: readonly object[];
}

/** What identified a training. */
export interface OldTrainIdentity {
  spec: Omit<TrainSpec, 'network'> & { network: OldNetwork };
  seed: number;
  data: string;
  backend: string;
  numerics: number;
}

/** What identified an evaluation. */
export interface OldEvaluateIdentity {
  spec: { network: OldNetwork; data: { set: string }; mean: readonly number[]; tests: readonly object[] };
  weights: string;
  data: string;
  backend: string;
  numerics: number;
}

/** A point of an error curve. */
export interface OldPoint {
  iteration: number;
  error: number;
  loss: number;
}

/** What came of a training. */
export interface OldResult {
  testError: number;
  testLoss: number;
  trainError: number;
  trainLoss: number;
  warmupEnded: number | null;
  curve: { train: OldPoint[]; test: OldPoint[] };
  responses: { layer: string; std: number }[] | null;
  tests?: Record<string, { top1: number; top5: number }>;
  digests: { data: string; scores?: string; state: string; firstSteps: string };
  determinism: JobResult['determinism'];
}

/** What came of an evaluation. */
export interface OldEvaluationResult {
  images: number;
  single: { top1: number; top5: number };
  tests: Record<string, { top1: number; top5: number }>;
  scores: string;
}

/** A finished training or evaluation. */
export type OldJob =
  | { identity: OldTrainIdentity; result: OldResult }
  | { identity: OldEvaluateIdentity; result: OldEvaluationResult };

/** record.json. */
export type OldRecord = { network: string; provenance: OldProvenance } & OldJob;

/** Where it was computed. */
export interface OldProvenance
  extends Pick<
    Provenance,
    'command' | 'finishedAt' | 'seconds' | 'node' | 'platform' | 'cpu' | 'cores' | 'memoryGiB'
  > {
  startedAt?: string;
  resumed?: number;
  peakMemoryMiB?: number;
  stepMilliseconds?: number;
  session: { backend: string; version: string; lowering: string; instructionSet: string; threads: number };
  git: { commit: string; dirty: boolean; diffSha256: string | null } | null;
  lockfileSha256: string;
}

/** Sums over iterations. */
export interface OldSums {
  iterations: number;
  errors: number;
  loss: number;
}

/** The header of checkpoint.bin. */
export interface OldHeader {
  key: string;
  iteration: number;
  eventBytes: number;
  lengths: number[];
  progress: {
    window: OldSums;
    tail: OldSums;
    warmUp: { endedAt: number | null; recent: readonly number[] };
    testedAt: number;
    firstSteps: { digest: string; repeated: boolean };
  };
  attempts: Omit<Attempts, 'unitMilliseconds' | 'code'> & { stepMilliseconds: number };
}

/** A line of events.jsonl. */
export type OldEvent =
  | { type: 'train' | 'test'; iteration: number; error: number; loss: number; rate?: number }
  | { type: 'warmupEnded'; iteration: number };
