import type { JobKind, Measure } from '../tasks/task.ts';

/** What tables and figures have in common. Views are data: sentences are made where they are laid out. */
export interface TargetView {
  name: string;
  /** The experiment's folder name, and the paper in brief, for captions. */
  experiment: string;
  citation: string;
  /** `Table 6`, with its title and page in the paper. */
  heading: string;
  title: string;
  page: number;
  profile: string;
  profileSummary: string;
  /** Whether the profile is the paper's own protocol: only then are values set against published ones. */
  faithful: boolean;
  /** Every assumption and deviation that touches what is shown. */
  deviations: DeviationView[];
  claims: ClaimView[];
  /** Where the jobs behind it were computed, in an order that does not depend on when. */
  machines: MachineView[];
  /** The code that computed them. */
  code: CodeView[];
  /** Records that could not be used; everything else is shown without them. */
  unusable: UnusableRecord[];
  /** The command that reproduces it. */
  command: string;
}

/**
 * What the samples behind a cell say. A closed set, computed, never typed:
 * `consistent` is the most a published single run can earn (inside our 95% prediction interval).
 */
export type Verdict = 'reproduced' | 'consistent' | 'differs' | 'inconclusive' | 'scaled-down' | 'not-run';

/** A sentence on how something departs from the paper. */
export interface DeviationView {
  text: string;
  /** The networks shown that it is about; empty when it is about all of them. */
  networks: string[];
  /** Whether it is about an evaluation of released weights. */
  evaluated: boolean;
}

/** What the runs say about a claim of the paper: that `better` is better than `worse` by more than a margin. */
export interface ClaimView {
  id: string;
  statement: string;
  where: string;
  measure: string;
  unit: Measure['unit'];
  better: string;
  worse: string;
  verdict: 'confirmed' | 'contradicted' | 'inconclusive' | 'not-run';
  /** How much better `better` is, positive whichever way the measure goes; null without runs of both or an interval. */
  difference: ClaimDifference | null;
  margin: number | null;
  basis: string | null;
  /** SD between seeds that the interval assumes, while there is one seed on a side; null when it was measured. */
  assumedSd: number | null;
  /** Networks of the two that have no runs. */
  missing: string[];
  /** Keys of the runs it rests on. */
  runs: string[];
}

/** A measured difference with its interval. */
export interface ClaimDifference {
  value: number;
  low: number;
  high: number;
  /** Coverage of the interval. */
  level: number;
  /** Degrees of freedom of Student's t; null where an assumed SD makes the interval a normal one. */
  df: number | null;
  /** Seeds of `worse` and of `better`. */
  n: [worse: number, better: number];
}

/** A machine with its engine, and how many jobs of a kind it computed. */
export interface MachineView {
  cpu: string;
  cores: number;
  memoryGiB: number;
  platform: string;
  node: string;
  /** Version of the engine, the device and variant it ran in, and what decides its bits there. */
  engine: string;
  device: string;
  variant: string;
  hardware: string;
  kind: JobKind;
  jobs: number;
}

/** A state of the code, and how many jobs it computed the whole or a part of. */
export interface CodeView {
  commit: string | null;
  /** Why there is no commit. */
  unknown: string | null;
  dirty: boolean;
  diffSha256: string | null;
  sources: string | null;
  jobs: number;
}

/** How far the code behind several runs is one and the same. */
export interface CodeBasis {
  /** States of the sources that computed them: 1 when all is well. */
  states: number;
  /** Runs that were computed, wholly or in part, by code that was not committed. */
  uncommitted: number;
}

/** A record that is there and cannot be used. */
export interface UnusableRecord {
  key: string;
  network: string;
  problem: string;
  fix: string;
}

/** Why there is no value, or no curve. */
export type Absence =
  /** The profile leaves the network out, or this machine cannot run it. */
  | { kind: 'skipped'; reason: string }
  /** The network has no finished run. */
  | { kind: 'not finished' }
  /** These members of the ensemble have none. */
  | { kind: 'members not finished'; networks: string[] }
  /** There is no seed that all members of the ensemble have finished. */
  | { kind: 'no common seed'; networks: string[] }
  /** The task cannot average the members' scores. */
  | { kind: 'no ensemble'; reason: string }
  /** There are records, but not of this measure. */
  | { kind: 'not measured'; measure: string }
  /** There are records, but with fewer than two points of these lines. */
  | { kind: 'no curve'; lines: string[]; iterations: number }
  /** The row is of a method that the paper took from others. */
  | { kind: 'by others' }
  /** The target has no network that measures the row. */
  | { kind: 'no network' };
