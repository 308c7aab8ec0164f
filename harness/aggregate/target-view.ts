import type { Reasoned } from '../manifest/types.ts';
import type { JobKind } from '../tasks/task.ts';
import type { ClaimView, Estimate } from './claims/types.ts';

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
  /** Of a page that shows several backends, in the place of claims: what the runs say about whether they agree. */
  agreements?: AgreementView[];
  /** The runs that it rests on, by network and seed. */
  runs: RunView[];
  /** Where the jobs behind it were computed, in an order that does not depend on when. */
  machines: MachineView[];
  /** The code that computed them. */
  code: CodeView[];
  /** Null without runs. */
  design: DesignView | null;
  /** Records that could not be used; everything else is shown without them. */
  unusable: UnusableRecord[];
  /** The command that reproduces it. */
  command: string;
}

/**
 * What the samples behind a cell say. A closed set, computed, never typed:
 * `consistent` is the most a published single run can earn (inside our 95% prediction interval).
 */
export type Verdict =
  | 'reproduced'
  | 'consistent'
  | 'differs'
  | 'inconclusive'
  | 'scaled-down'
  | 'token'
  | 'not-run';

/** A finished job that something rests on. */
export interface RunView {
  network: string;
  kind: JobKind;
  /** Null for evaluations, which have none. */
  seed: number | null;
  key: string;
}

/** How something departs from the paper, or what was chosen where it is silent. */
export type DeviationView =
  | {
      /** `evaluation`: of released weights. */
      kind: 'assumption' | 'deviation' | 'evaluation';
      text: string;
      /** The networks shown that it is about; empty when it is about all of them. */
      networks: string[];
    }
  /** A network has finished runs of fewer seeds than the paper. */
  | { kind: 'seeds'; network: string; seeds: number; paper: number };

/** What the runs say about whether a backend gives the same as the first one. */
export interface AgreementView {
  row: string;
  /** What the measure is, in words. */
  quantity: string;
  unit: string;
  first: string;
  other: string;
  /** Seeds that both have finished: nothing else is compared. */
  seeds: number[];
  /** Mean of the other minus that of the first. */
  difference: Estimate;
  /** Means closer than this count as the same; null under a profile that none was fixed for. */
  margin: Reasoned | null;
  /** Means that lie closer than this, under any profile, agree as far as can be told; null where none is fixed. */
  resolution: Reasoned | null;
  /** p-value of a difference, after Holm's correction over the table. */
  differs: number;
  verdict: Extract<Verdict, 'reproduced' | 'consistent' | 'differs' | 'inconclusive'>;
  /** Keys of the runs it rests on. */
  runs: string[];
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

/** Whether what verdicts follow was fixed before the first of the runs that they rest on. */
export type DesignView =
  | { kind: 'first'; digest: string }
  /** The first run was begun under another design. */
  | { kind: 'changed'; network: string; startedAt: string; then: string; now: string }
  /** The first run is older than the record of designs. */
  | { kind: 'unknown'; now: string };

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
  /** It was run, only to show that it can be: no value is shown. */
  | { kind: 'token'; network: string; reason: string }
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
  /** The row is of a network that others trained. */
  | { kind: 'by others' }
  /** Annotations of these images are known to an evaluation server alone; the row is measured on others. */
  | { kind: 'on a server'; images: string }
  /** The target has no network that measures the row. */
  | { kind: 'no network' };
