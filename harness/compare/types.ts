import type { SessionInfo } from '../../backends/contract.ts';

/** What float64 is called where something is set against it. */
export const exact = 'float64';

/** How often the gap that one unit in the last place makes is exceeded before an engine departs. */
export const factor = 10;

/** Several engines on one training. */
export interface Comparison {
  /** Steps that were asked for, and those of them that are set against float64. */
  steps: number;
  exactSteps: number;
  /** Losses of the reference in float64, of the first `exactSteps` steps. */
  exact: number[];
  /** Seconds of one step of it. */
  exactSeconds: number;
  /** What an engine must exceed to depart, in multiples of its gap. */
  factor: number;
  engines: EngineResult[];
}

/** What came of an engine. */
export type EngineResult = Followed | Absent;

/** It is not here, or it could not complete its steps. */
export interface Absent {
  backend: string;
  verdict: 'missing' | 'failed';
  message: string;
  fix: string | null;
}

/** An engine that took all steps. */
export interface Followed {
  backend: string;
  verdict: 'agrees' | 'departs';
  /** Where it departs first; null when it agrees. */
  departs: Departure | null;
  info: SessionInfo;
  /** From the first step on; each is the loss before the step. A loss that is no number is null. */
  losses: (number | null)[];
  steps: StepVerdict[];
  /** The running statistics after the last step that is set against float64: no loss shows them. */
  statistics: Distance;
  /** The largest ratio and where it is. */
  largest: Departure;
  /** Median seconds of a step. */
  seconds: number;
}

/** How far something is from what it is set against, and how far one unit in the last place of the weights moves it. */
export interface Distance {
  deviation: number;
  gap: number;
  /** Deviation by gap. */
  ratio: number;
}

/** The loss of a step; null where there is nothing to set it against: the first engine after the steps in float64. */
export type StepVerdict = (Distance & { against: string }) | null;

/** A place where an engine is so many gaps away. */
export interface Departure {
  step: number;
  /** The loss before the step, or the running statistics after it. */
  in: 'loss' | 'statistics';
  ratio: number;
}

/** A comparison, and the training that it is of. */
export interface ComparedTraining extends Comparison {
  experiment: string;
  profile: string;
  /** Tables and figures that show the network. */
  targets: string[];
  network: string;
  seed: number;
  /** Images of a step. */
  batch: number;
  threads: number;
  /** The command that compares again. */
  command: string;
}
