import type { SessionInfo } from '../../backends/contract.ts';

/** The two runs that are bisected. */
export type SideName = 'A' | 'B';

/** What came of taking two sides along their trainings. */
export interface Bisection {
  /** Steps that both have taken. */
  steps: number;
  /** `bits`: of one engine on one kind of hardware; `rounding`: beyond what rounding explains, of any two. */
  judged: 'bits' | 'rounding';
  /** What computed the sides. */
  engines: Record<SideName, SessionInfo>;
  /** The first difference; null when there is none. */
  finding: Finding | null;
}

/** The first difference of two trainings. */
export interface Finding {
  /** The step, from 1 on; 0: they begin with different states. */
  step: number;
  /**
   * - `start`: the initial states differ
   * - `input`: the step is given another batch or learning rate
   * - `operator`: an operator gives another value from the same inputs
   * - `update`: all values of the step's graph are alike, what the optimiser makes of them is not
   * - `step`: the step gives another state from the same one; its values cannot be looked into
   * - `fault`: computed again from the same state, the step gives both sides the same: a side was disturbed
   */
  cause: 'start' | 'input' | 'operator' | 'update' | 'step' | 'fault';
  /** Of `input`: what differs. */
  inputs: string[];
  /** Of `fault`: whose step is not what it is when it is computed again; null where both are not. */
  disturbed: SideName | null;
  /** Of `operator`: the first value that differs, in the order of the computation. */
  value: ValueDifference | null;
  /** The tensors of the state after the step that differ, in the order of the computation. */
  tensors: TensorDifference[];
  /** Tensors of a state. */
  of: number;
}

/** An output of an operator. */
export interface ValueDifference extends Difference {
  operator: string;
  /** Its name in the network, `conv1.bn`, and that of the output. */
  node: string;
  output: string;
}

/** A tensor of a state. */
export interface TensorDifference extends Difference {
  name: string;
}

/** How two arrays of numbers differ. */
export interface Difference {
  /** Numbers that are not the same to the bit, of so many. */
  numbers: number;
  of: number;
  /** Bits that differ in all. */
  bits: number;
  /** Relative L2 distance; null where a number is none. */
  distance: number | null;
  /** What rounding may explain of it; 0 where bits are compared. */
  allowed: number;
}

/** What came of two runs. */
export interface BisectResult {
  runs: Record<SideName, RunFacts>;
  /** Settings in which their identities differ. */
  settings: { path: string; A: unknown; B: unknown }[];
  /** Whether they end in the same bytes. */
  same: boolean;
  /** The first step whose recorded digests differ; null where not both have them, or all are alike. */
  traced: { step: number; tensors: string[]; of: number } | null;
  /** Of runs with one identity and engine: how far each is what is computed here. */
  standings: Record<SideName, Standing> | null;
  /** Of all others. */
  bisection: Bisection | null;
}

/** A run as people tell it from another. */
export interface RunFacts {
  key: string;
  network: string;
  seed: number;
  engine: string;
  machine: string;
  commit: string | null;
  traced: boolean;
}

/** How far a recorded run is what is computed again here. */
export interface Standing {
  /** The last step up to which it is. */
  agreesTo: number;
  /** The first step by which it is not: the very step where a trace tells it, else the end of a window. */
  departsBy: number | null;
  /** What told it. */
  by: 'trace' | 'first steps' | 'training curve' | null;
  /** Of a trace: the tensors that differ then, in the order of the computation. */
  tensors: string[];
  /** Tensors of a state. */
  of: number;
}
