import type { Layer, Shortcut } from '../../ml/nets/describe.ts';
import type { Architecture, CurveKind, PublishedValue, TableColumn } from '../manifest/types.ts';

/**
 * What the samples behind a cell say. A closed set, computed, never typed:
 * `consistent` is the most a published single run can earn (inside our 95 % prediction interval).
 */
export type Verdict = 'reproduced' | 'consistent' | 'differs' | 'inconclusive' | 'scaled-down' | 'not-run';

/** Samples of one quantity over seeds. `sd`: sample standard deviation (n - 1), null for n = 1. */
export interface Sample {
  mean: number;
  sd: number | null;
  n: number;
  values: number[];
  /** Keys of the runs behind the values. */
  runs: string[];
}

/** A cell of a table; every field but `published` is null in a column that nothing measures. */
export interface CellView {
  published: PublishedValue | string | null;
  ours: Sample | null;
  /** In the place of `ours`: the error of weights that others trained; absent where there is none. */
  evaluated?: EvaluatedError;
  /** A count taken from the specification that is run, in a column that measures one. */
  count: CountView | null;
  /** ours - published, mean with mean where the paper gives one; null when either is missing. */
  residual: number | null;
  verdict: Verdict | null;
  /** Why nothing was run, what the verdict rests on, or how many more seeds would decide. */
  note: string | null;
}

/** Error, in percent, of weights that were not trained here: no sample over seeds. */
export interface EvaluatedError {
  error: number;
  /** Images it was measured on. */
  images: number;
  /** Key of the evaluation. */
  key: string;
}

/** An exact count (layers, parameters) beside a published fact such as `0.27M`. */
export interface CountView {
  value: number;
  /** In the form of the published fact. */
  printed: string;
  agrees: boolean;
}

/** A row of a table view; cells in the order of the columns. */
export interface RowView {
  label: string;
  cells: CellView[];
}

/** What the runs say about a claim of the paper. */
export interface ClaimView {
  id: string;
  statement: string;
  where: string;
  verdict: 'confirmed' | 'contradicted' | 'inconclusive' | 'not-run';
  /** The difference that was measured, with its 95 % interval, and the margin it had to exceed. */
  difference: { value: number; low: number; high: number; n: [number, number] } | null;
  margin: number | null;
  basis: string | null;
  /** SD between seeds that the interval assumes, while there is one seed on a side; null when it was measured. */
  assumedSd: number | null;
}

/** What tables and figures have in common. */
export interface TargetView {
  name: string;
  heading: string;
  title: string;
  page: number;
  profile: string;
  profileSummary: string;
  /** Sentences; every departure from the paper that touches what is shown. */
  deviations: string[];
  claims: ClaimView[];
  /** How the verdicts were reached, where any was: margins, corrections, errors that SD does not contain. */
  remarks: string[];
  /** Where the shown runs were computed: one line per distinct machine and backend. */
  machines: string[];
  /** The command that reproduces it. */
  command: string;
}

/** A table ready to be laid out. */
export interface TableView extends TargetView {
  kind: 'table';
  columns: TableColumn[];
  rows: RowView[];
}

/** One line of a figure: ours (mean over seeds; `low`/`high` span the seeds), or published. */
export interface LineView {
  label: string;
  kind: CurveKind;
  source: 'ours' | 'published';
  points: { x: number; y: number; low?: number; high?: number }[];
  seeds: number;
}

/** A panel ready to be drawn. */
export interface PanelView {
  title: string;
  x: { label: string; domain?: readonly [number, number] };
  y: { label: string; domain?: readonly [number, number] };
  lines: LineView[];
  /** Curves of which something is not drawn, named in the panel rather than left out silently. */
  missing: MissingCurve[];
}

/** A curve that cannot be drawn, or not wholly. */
export interface MissingCurve {
  label: string;
  /** `not-run`, or the lines that are absent: `no test curve`. */
  what: string;
  why: string;
}

/** A figure ready to be drawn. */
export interface FigureView extends TargetView {
  kind: 'figure';
  panels: PanelView[];
}

/** What a count or a text that is computed says about the one that is printed: there is no chance in it. */
export type ExactVerdict = Extract<Verdict, 'reproduced' | 'differs'>;

/** The cost of a network, or of a block, for one image. */
export interface CostView {
  label: string;
  published: PublishedValue | null;
  /** What the published count is of, and `multiplyAdds` with it. */
  counts: 'network' | 'convolutions';
  multiplyAdds: number;
  /** Of the whole network or block. */
  allMultiplyAdds: number;
  /** Trained values of a network; of a block, the weights of its convolutions. */
  parameters: number;
  /** multiplyAdds - published. */
  residual: number | null;
  /** How the published digits come from the computed count; null when they do not, or there are none. */
  printed: 'rounded' | 'truncated' | null;
  verdict: ExactVerdict | null;
}

/** A text of Table 1 beside what the specification says in the same form. */
export interface TextCell {
  published: string | null;
  computed: string;
  verdict: ExactVerdict | null;
}

/** Table 1: layers by output size, and what they cost. */
export interface ArchitectureView extends TargetView {
  kind: 'architecture';
  rows: { label: string; outputSize: TextCell; cells: TextCell[] }[];
  /** One for each column of cells. */
  costs: CostView[];
  compared: CostView[];
}

/** A network, or one block of it, ready to be drawn. */
export interface DrawnNetwork {
  label: string;
  layers: Layer[];
  shortcuts: Shortcut[];
  /** Height and width of what goes in: the image, or the block's input. */
  inputSize: number;
  cost: CostView;
}

/** Figures 2, 3 and 5. */
export interface DrawingView extends TargetView {
  kind: 'drawing';
  shows: Exclude<Architecture['shows'], 'table'>;
  networks: DrawnNetwork[];
}

/** Any table or figure, ready to be laid out. */
export type View = TableView | FigureView | ArchitectureView | DrawingView;

/** The published value's type, re-exported for those who lay results out. */
export type { PublishedValue };
