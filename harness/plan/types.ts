import type { Target } from '../manifest/types.ts';
import type { RunIdentity } from '../record/types.ts';

/** One training that targets need. */
export interface PlannedRun {
  key: string;
  network: string;
  identity: RunIdentity;
  /** Names of the targets that show it. */
  targets: string[];
  /** `recorded`: nothing to do; `resumable`: a checkpoint lies at `iteration`; `new`: not begun. */
  state: { is: 'recorded' } | { is: 'resumable'; iteration: number } | { is: 'new' };
  cost: Cost;
}

/** Thread-seconds that remain of a run on this machine, and where the figure comes from. */
export interface Cost {
  seconds: number;
  /** How much of them comes after the last iteration: final errors, responses, tests. */
  finalSeconds: number;
  /** `measured`: records of the same network and sizes; `estimated`: from multiply-adds and the speed of other records. */
  basis: 'measured' | 'estimated';
  memoryMiB: number;
}

/** What is to be done for the named targets. */
export interface Plan {
  profile: string;
  targets: Target[];
  /** Unique by key, longest first. */
  runs: PlannedRun[];
}
