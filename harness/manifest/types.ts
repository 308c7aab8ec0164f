import type { NetworkSpec } from '../../ml/nets/spec.ts';
import type { TaskId } from '../tasks/registry.ts';
import type { TrainSpec } from '../tasks/task.ts';
import type { LastLook } from './looks.ts';
import type { TermFile, TestFile } from './schemas/claims.ts';
import type { ExperimentFile } from './schemas/experiment.ts';
import type { FigureFile } from './schemas/manifest.ts';
import type { PaperValue } from './schemas/paper.ts';
import type { ProtocolFile } from './schemas/protocol.ts';

/** A paper whose results are reproduced: its folder, and what its `paper.yaml` says. */
export interface Experiment
  extends Readonly<Pick<ExperimentFile, 'title' | 'citation' | 'faithful' | 'released'>> {
  /** Name of its folder. */
  id: string;
  /** Absolute. */
  folder: string;
}

/** A bound that results are judged by, in their unit, and the reason for it. */
export interface Reasoned {
  value: number;
  why: string;
}

/** What the values of a measure are judged by under the faithful profile, in its unit. */
export type Tolerance = Readonly<ProtocolFile['tolerances'][string]>;

/** A cell that is judged under the faithful profile, wherever it is printed. */
export interface JudgedCell {
  network: string;
  measure: string;
  published: Extract<PublishedCell, { kind: 'value' }>;
}

/** Weights that others have trained: where they come from, and what must be known to evaluate with them. */
export type ReleasedWeights = Readonly<ExperimentFile['released'][string]>;

/** How a profile or an assumption departs from the paper: it sets fields of the spec and says so. */
export interface Deviation {
  /** One sentence, printed under the table or figure. */
  text: string;
  /** Dotted paths of the spec, or `seeds`, and their values; empty when the departure is not a matter of the spec. */
  set: Readonly<Record<string, unknown>>;
  /** Networks that it applies to; all of them when absent. */
  for?: readonly string[];
}

/** A network of a protocol under one profile, ready to be run. */
export interface NetworkConfig {
  name: string;
  task: TaskId;
  spec: TrainSpec;
  /** The same network under the paper's own protocol: what `spec` departs from. */
  paper: TrainSpec;
  /** Number of seeds (1, 2, ...) when `--seeds` does not say otherwise, and the paper's own. */
  seeds: number;
  paperSeeds: number;
  /** Why it is not run: by this profile, or on this machine. Absent when it is. */
  skipped?: { reason: string };
  /** Why its runs are tokens under this profile: they show that it can be trained, and no value of theirs is compared. */
  token?: { reason: string };
}

/** A number as the paper prints it, transcribed once, in paper.json, with its page. */
export interface PublishedValue extends Readonly<PaperValue> {
  /** Decimals of the printed value. */
  decimals: number;
}

/** What stands in a cell of a published table: a number, a fact without a measured counterpart (`19`, `2.5M`), nothing. */
export type PublishedCell =
  | ({ kind: 'value' } & PublishedValue)
  | { kind: 'fact'; printed: string }
  | { kind: 'none' };

/** A published curve, digitised: points [x, y]. */
export interface PublishedCurve {
  page: number;
  unit: string;
  points: readonly (readonly [number, number])[];
  /** Values of x whose points could not be read. */
  missing?: readonly number[];
}

/** A row of a table. */
export interface TableRow {
  label: string;
  /** Published cells by column key. */
  published: Readonly<Record<string, PublishedCell>>;
  /** Network of the protocol that measures the row; without it and its like: published only. */
  network?: string;
  /** By column key, where each cell has a network of its own (Table 2). */
  networks?: Readonly<Record<string, string>>;
  /** Networks whose averaged scores measure the row (Table 5). */
  ensemble?: readonly string[];
  /** By column key, what answers the row's cells where that is not what answers the column (Table 9). */
  measures?: Readonly<Record<string, string>>;
}

/** A column of a table. Label and unit are those of paper.json. */
export interface TableColumn {
  key: string;
  label: string;
  unit?: string;
  /** What answers it: a measure of the task's records, or a count computed from the network's spec. */
  measures?: string;
}

/** What a column can show of a network without running it: its weighted layers, its parameters. */
export const counts = ['layers', 'parameters'] as const;
export type Count = (typeof counts)[number];

/** A curve of a figure. */
export interface FigureCurve {
  label: string;
  network: string;
  /** Published curves by the line that they are set beside. */
  published: Readonly<Record<string, PublishedCurve>>;
}

/** A panel of a figure, with its own axes. */
export interface FigurePanel extends Readonly<Omit<FigureFile['panels'][number], 'curves'>> {
  curves: readonly FigureCurve[];
}

/** A claim of the paper, and the tests that must all hold for it. */
export interface Claim {
  /** As in paper.json. */
  id: string;
  statement: string;
  /** The section, table or figure that makes it, and the pages of that. */
  where: string;
  pages: readonly number[];
  kind: ClaimTest['kind'] | 'all';
  /** What its runs are of; null when it needs none. */
  protocol: string | null;
  task: TaskId | null;
  lastLook: LastLook;
  tests: readonly { id: string; test: ClaimTest }[];
}

/** A test of a claim; what the kinds mean is in docs/verdicts.md. */
export type ClaimTest =
  | Exclude<TestFile, { kind: 'exact' }>
  | (Omit<Extract<TestFile, { kind: 'exact' }>, 'equations'> & { equations: readonly Equation[] });

/** An exact statement: what is taken, less, divided by or set beside something else, is printed so or is below others. */
export interface Equation {
  take: Term;
  minus?: Term;
  over?: Term;
  change?: Term;
  is?: string;
  below?: readonly Term[];
}

/** A number that was published or stated, or something that is counted in a network for images of a size. */
export type Term =
  | { is: 'number'; value: number }
  | { is: 'count'; count: CountedTerm['count']; spec: NetworkSpec; size: number };

type CountedTerm = Extract<TermFile, { count: unknown }>;

/** All claims of a paper under a profile: one family of tests, whichever of them are shown. */
export interface Argument {
  profile: string;
  faithful: boolean;
  /** In the paper's order. */
  claims: readonly Claim[];
  /** Those of all protocols that claims need. */
  networks: readonly NetworkConfig[];
}

/** A network that a table or figure describes without training it. */
export interface DescribedNetwork {
  label: string;
  network: NetworkSpec;
  /** The block that is shown of it; all of it when absent. */
  block?: string;
  /** Multiply-adds as printed in the paper; null where it prints none. */
  cost: PublishedValue | null;
  /** What the printed count is of: the paper's two for VGG do not count the same. */
  counts: 'network' | 'convolutions';
  /** Published cells of Table 1 by row. */
  published: Readonly<Record<string, PublishedCell>>;
}

/** What is computed from specifications alone: Table 1, or a drawing of a block, of blocks or of whole networks. */
export interface Architecture {
  shows: 'table' | 'block' | 'blocks' | 'networks';
  /** Height and width of the images. */
  size: number;
  networks: readonly DescribedNetwork[];
  /** Networks whose cost is told below the table. */
  compared: readonly DescribedNetwork[];
  /** Published output sizes of Table 1 by row. */
  outputSizes: Readonly<Record<string, PublishedCell>>;
}

interface CommonTarget {
  /** Name of the manifest: `table6`. */
  name: string;
  experiment: Experiment;
  /** Number in the paper, title and page, from paper.json: `Table 6`. */
  heading: string;
  title: string;
  page: number;
  /** The manifest, relative to the repository root. */
  file: string;
  profile: string;
  profileSummary: string;
  /** Whether the profile is the faithful one of the experiment. */
  faithful: boolean;
  /** The most seeds a side that verdicts of this profile may rest on. */
  lastLook: LastLook;
  /** What was chosen where the paper leaves something open, under every profile. */
  assumptions: readonly Deviation[];
  /** How the profile departs from the paper. */
  deviations: readonly Deviation[];
}

/** A target whose networks are run. */
interface RunTarget extends CommonTarget {
  task: TaskId;
  /** Name of the protocol that its networks are trained by. */
  protocol: string;
  networks: readonly NetworkConfig[];
  /** Ids of the claims that are shown with it. */
  claims: readonly string[];
  argument: Argument;
  /** By measure. */
  tolerances: Readonly<Record<string, Tolerance>>;
  /**
   * Under the faithful profile, the cells of all tables of the protocol that are judged: one family of tests, whichever of
   * them are shown here. Empty under another profile.
   */
  family: readonly JudgedCell[];
}

/** A table of measured values. */
export interface TableTarget extends RunTarget {
  kind: 'table';
  /** Notes of the paper on marks that it prints in cells: `† marks a result on the test set`. */
  marks: readonly string[];
  columns: readonly TableColumn[];
  rows: readonly TableRow[];
}

/** A figure of measured curves. */
export interface FigureTarget extends RunTarget {
  kind: 'figure';
  panels: readonly FigurePanel[];
}

/** A table or drawing that is computed from specifications: nothing is run for it. */
export interface ArchitectureTarget extends CommonTarget {
  kind: 'architecture';
  architecture: Architecture;
}

/** A table or figure of a paper under one profile: the manifest, its protocol and paper.json put together. */
export type Target = TableTarget | FigureTarget | ArchitectureTarget;

/** The networks that are run for a target; none for what is computed. */
export function networksOf(target: Target): readonly NetworkConfig[] {
  return target.kind === 'architecture' ? [] : target.networks;
}

/** What answers a cell: a measure or a count; undefined of what is published alone. */
export function measureOf(
  { measures = {} }: Pick<TableRow, 'measures'>,
  column: Pick<TableColumn, 'key' | 'measures'>,
): string | undefined {
  return Object.hasOwn(measures, column.key) ? measures[column.key] : column.measures;
}

/** Networks that a row needs, in order. */
export function networksOfRow({
  network,
  networks = {},
  ensemble = [],
}: Omit<TableRow, 'published'>): string[] {
  return [...(network === undefined ? [] : [network]), ...Object.values(networks), ...ensemble];
}
