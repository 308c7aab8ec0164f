import type { PublishedCell, Reasoned, TableColumn } from '../manifest/types.ts';
import type { ImageError } from './images.ts';
import type { Absence, CodeBasis, TargetView, Verdict } from './target-view.ts';

/** A table. */
export interface TableView extends TargetView {
  kind: 'table';
  columns: ColumnView[];
  rows: RowView[];
  /** What the paper says of marks at its numbers. */
  marks: string[];
  /** Evaluations of weights that others have trained, shown in the rows of their networks. */
  evaluations: EvaluationView[];
  /** How verdicts were reached; null where none was. */
  testing: Testing | null;
  /** What other test images would scatter means by, of cells whose runs say which images were wrong. */
  overImages: ({ row: string; column: string } & ImageError)[];
}

/** A column, and whether its cells are measured or are counts of the networks. */
export interface ColumnView extends TableColumn {
  answers: 'measure' | 'count' | null;
  /** Decimals of measured values where nothing is printed beside them. */
  decimals: number;
  /** Of a table by backend: whose runs it shows, and whether it is the first of those that stand beside one published column. */
  backend?: { id: string; first: boolean };
}

/** A row of a table; cells in the order of the columns. */
export interface RowView {
  label: string;
  /** Whether nothing measures it: a method that the paper quotes. */
  quoted: boolean;
  cells: CellView[];
}

/** A cell of a table. At most one of `ours`, `evaluated`, `count` and `absence` is there. */
export interface CellView {
  published: PublishedCell;
  ours: Sample | null;
  /** The value of weights that others trained, in the place of `ours`. */
  evaluated: EvaluatedValue | null;
  /** A count taken from the specification that is run. */
  count: CountView | null;
  /** Why nothing was measured. */
  absence: Absence | null;
  /** Ours minus the published value, mean with mean where the paper gives one; null under a profile that is not faithful. */
  residual: number | null;
  verdict: Verdict | null;
  /** Why a value that was measured by the paper's protocol is not judged. */
  unjudged: Unjudged | null;
  /** What the verdict rests on, where a sample was set against a published value. */
  evidence: Evidence | null;
  /** The best of our first `runs` values, to be set against a published best of as many; null until there are so many. */
  best: { value: number; runs: number } | null;
}

/**
 * Why there is a residual and no verdict: theirs is of other images, of several networks together, or of weights that the
 * authors did not train; or no tolerance was fixed.
 */
export type Unjudged = 'other images' | 'ensemble' | 'other training' | 'no tolerance';

/** Samples of one quantity over seeds. `sd`: sample standard deviation (n - 1), null for n = 1. */
export interface Sample {
  mean: number;
  sd: number | null;
  n: number;
  values: number[];
  /** The seed of each value, ascending. */
  seeds: number[];
  /** Keys of the runs behind the values. */
  runs: string[];
  code: CodeBasis;
}

/** What the verdict of a cell rests on. */
export interface Evidence {
  /** Equivalence of two means, where the paper repeated its runs; else a prediction of one more run. */
  method: 'equivalence' | 'prediction';
  /** The published value that ours is set against. */
  reference: number;
  /** The value agrees when the difference is shown to lie within ± `bound`, and differs when beyond ± `margin`. */
  bound: number;
  margin: number;
  /** Seeds of the look that it was read at; null before the first one. */
  seeds: number | null;
  /** Ours minus the published value at that look, and its interval at the level that each look has. */
  difference: number | null;
  interval: readonly [low: number, high: number] | null;
  level: number;
  /** Degrees of freedom of Student's t; null without an interval. */
  df: number | null;
  /** p-value of agreement, corrected for looking more than once. */
  pass: number;
  /** p-value of a difference, corrected for looking more than once and, by Holm, for a family of so many cells. */
  differs: number;
  family: number;
  /** Seeds of the next look; null once it is settled, or when the design has ended. */
  nextLook: number | null;
  /** The chance that it is settled with so many seeds; none where it is settled, or before the first look. */
  chances: { seeds: number; chance: number }[];
  /** Seeds that did not converge. */
  diverged: { seed: number; value: number }[];
}

/** How the verdicts of a table were reached. */
export interface Testing {
  /** Cells of all tables among which the error rate of `differs` is shared. */
  family: number;
  /** What values were judged by, for measures in words. */
  tolerances: { measures: string[]; unit: string; margin: Reasoned; resolution: Reasoned }[];
  /** Whether some published value is the mean of several runs. */
  repeated: boolean;
  lastLook: number;
  /** Standard error (in %) that a finite test set gives an error rate; null where what was measured is no such rate. */
  sampling: { error: number; images: number; rate: number } | null;
}

/** A value of weights that were not trained here: no sample over seeds. */
export interface EvaluatedValue {
  value: number;
  /** Network of the evaluation in `TableView.evaluations`. */
  network: string;
}

/** An evaluation of weights that others have trained. */
export interface EvaluationView {
  network: string;
  key: string;
  /** Images that it was done on, of so many that the paper tests on. */
  images: number;
  of: number;
  origin: string;
  package: string;
  integrity: string;
  /** What was published with the release, beside what was measured here. */
  published: { name: string; unit: string; decimals: number; published: number; ours: number }[];
  where: string;
}

/** An exact count (layers, parameters) beside a published fact such as `0.27M`. */
export interface CountView {
  value: number;
  /** In the form of the published fact. */
  printed: string;
  agrees: boolean;
}
