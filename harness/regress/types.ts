import type { TaskId } from '../tasks/registry.ts';
import type { TrainSpec } from '../tasks/task.ts';

/** A kind of machine and engine on which equal jobs end in equal bytes: results of two of them are never compared. */
export interface MachineClass {
  backend: string;
  numerics: number;
  device: string;
  variant: string;
  hardware: string;
}

/** What one seed of a network came to. Digests are cut to 16 hex digits. */
export interface SeedResult {
  seed: number;
  key: string;
  measures: Readonly<Record<string, number>>;
  /** Of the final state, the first steps and what else the record has, and of each curve as `<name> curve`. */
  digests: Readonly<Record<string, string>>;
}

/** A network of a baseline. */
export interface NetworkResults {
  task: TaskId;
  spec: TrainSpec;
  /** Tables and figures that show it. */
  targets: readonly string[];
  /** Of seed 1: a digest of the state after each step, and of each tensor after the first one. Empty without a trace. */
  steps: readonly string[];
  tensors: readonly string[];
  /** Ascending. */
  seeds: readonly SeedResult[];
}

/** What results are compared with: those of one commit on one class of machine. */
export interface Baseline {
  version: 1;
  experiment: string;
  profile: string;
  machine: MachineClass;
  /** Version of the engine. */
  engine: string;
  node: string;
  commit: string;
  networks: Readonly<Record<string, NetworkResults>>;
}

/** How a network's results differ from the baseline, to the bit. */
export interface Change {
  network: string;
  targets: readonly string[];
  /** Settings of the spec that differ, as dotted paths. */
  settings: readonly { path: string; before: unknown; now: unknown }[];
  /** What differs of what both have: measures and digests by name. */
  differs: readonly string[];
  /** The first step of seed 1 after which the states differ; null where none does, or there is no trace. */
  firstStep: number | null;
  /** Tensors that differ after that step, in the order in which a step computes them, and of how many. */
  tensors: readonly string[];
  of: number;
}

/** What is said of a measure of a network whose bits changed. */
export interface CellChange {
  network: string;
  measure: string;
  unit: string;
  decimals: number;
  targets: readonly string[];
  verdict: 'moved' | 'not moved' | 'not confirmed' | 'too few seeds';
  before: { mean: number; sd: number; n: number };
  now: { mean: number; sd: number; n: number };
  /** 95% interval of the difference of the means; null with too few seeds. */
  interval: readonly [low: number, high: number] | null;
  /** Benjamini-Hochberg adjusted two-sided p over all touched cells. */
  q: number | null;
  /** Of further seeds, one-sided, in the direction of the change; null where they were not run. */
  confirmation: { p: number; mean: number; seeds: readonly number[] } | null;
}

/** What came of running the last good commit again. */
export type LastGood =
  /** It ends in the bytes of the baseline: the code has changed the results. */
  | { is: 'as before'; commit: string; network: string }
  /** It does not: the machine, or what is installed on it, has. */
  | { is: 'changed too'; commit: string; network: string }
  | { is: 'not run'; commit: string; why: string };

/** The result of `npm run regress` against a baseline. */
export interface Regression {
  experiment: string;
  profile: string;
  machine: MachineClass;
  engine: { before: string | null; now: string };
  /** The code of now; null where git cannot tell. */
  commit: string | null;
  dirty: boolean;
  /** The commit compared with; null without a baseline. */
  since: string | null;
  /** Where the baseline is, or would be written. */
  file: string | null;
  /** All that were run. */
  networks: number;
  /** Those of them that the baseline has nothing of. */
  unknown: readonly string[];
  changes: readonly Change[];
  cells: readonly CellChange[];
  /** Measures whose bits are those of the baseline. */
  same: number;
  lastGood: LastGood | null;
  /** Commits after the one compared with, newest first: `1a2b3c4 Subject`. Empty where nothing changed. */
  commits: readonly string[];
  /** Commands that compare again, and that make these results the baseline. */
  commands: { again: string; update: string };
  verdict: RegressionVerdict;
}

/**
 * `same`: equal bytes. `moved`: a result moved, confirmed by further seeds. `changed`: bytes changed, and no result is shown
 * to have moved. `machine`: the last good commit gives other bytes here than it gave. `no baseline`: there is none of this
 * class, or it has none of the networks that were run.
 */
export type RegressionVerdict = 'same' | 'moved' | 'changed' | 'machine' | 'no baseline';
