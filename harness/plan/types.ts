import type { Target } from '../manifest/types.ts';
import type { JobIdentity, JobRecord } from '../record/types.ts';

/** One job that targets need. */
export interface PlannedJob<I extends JobIdentity = JobIdentity> {
  key: string;
  network: string;
  asked: JobRecord['asked'];
  identity: I;
  /** Keys of the jobs whose results it takes in: they come first. */
  needs: readonly string[];
  /** Whether it is computed again, though it is recorded: another job needs a file that is not there any more. */
  again?: true;
  /** Names of the targets that show it. */
  targets: string[];
  /** What each of them calls it, which does not depend on what else is asked for. */
  names: Record<string, string>;
  state: JobState;
  cost: Cost;
}

/** What a store holds of a job: a record, a checkpoint after `done` units, neither, or one that cannot be used. */
export type JobState =
  | { is: 'finished' }
  | { is: 'stopped'; done: number }
  | { is: 'not started' }
  | { is: 'unusable'; problem: string; fix: string };

/** Thread-seconds that remain of a job on this machine, and where the figure comes from. */
export interface Cost {
  unit: 'iterations' | 'images';
  total: number;
  seconds: number;
  /** How much of them comes after the last unit: final errors, responses, tests. */
  finalSeconds: number;
  /** `measured`: records of the same sizes; `estimated`: from multiply-adds and the speed of other records. */
  basis: 'measured' | 'estimated';
  source: CostSource;
  memoryMiB: number;
}

/** The records that a cost was derived from. */
export interface CostSource {
  records: number;
  /** Where they lie: store folders. */
  stores: readonly string[];
  /** Whether they are of this kind of CPU, and what decided their speed there: `avx512`. */
  thisCpu: boolean;
  hardware: readonly string[];
}

/** What is to be done for the named targets: jobs and what each needs. */
export interface Plan {
  profile: string;
  targets: Target[];
  /** Unique by key, longest first. */
  jobs: PlannedJob[];
}
