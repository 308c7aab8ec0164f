import type { DataSpec, TestSpec } from '../../ml/data/spec.ts';
import type { NetworkSpec, TrainedNetwork } from '../../ml/nets/spec.ts';
import type { ScheduleSpec } from '../../ml/optim/schedule.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';

/** Everything that can change the result of a training, except its seed, the bytes of the data and the backend. */
export interface RunSpec {
  data: DataSpec;
  network: TrainedNetwork;
  optimiser: { batch: number; sgd: SgdSpec };
  schedule: ScheduleSpec;
  evaluation: EvaluationSpec;
}

/** What is measured during and after a training. */
export interface EvaluationSpec {
  /** Iterations that one point of the training-error curve is the mean of. */
  trainErrorEvery: number;
  /** Iterations between points of the test-error curve. */
  testErrorEvery: number;
  /** Test images behind a point of the curve (the first so many); the final error is always of all of them. */
  testErrorImages: number;
  /** Whether the standard deviations of layer responses on the test images are measured at the end (Figure 7). */
  responses: boolean;
  /**
   * Training batches whose BN statistics are averaged after the training, for all that is measured then, as in the
   * authors' release; the running averages are used when absent.
   */
  statisticsBatches?: number;
  /** Test protocols applied to all test images after the training, besides the single view. */
  tests?: readonly TestSpec[];
}

export type { TestSpec };

/** The name of a test protocol. */
export type TestName = TestSpec['name'];

/** A profile is nothing but a list of departures from the paper: each sets fields of the spec and says so. */
export interface Deviation {
  /** One sentence, printed under the table or figure. */
  says: string;
  /** Dotted paths of `RunSpec`, or `seeds`, and their values; empty when the departure is not a matter of the spec. */
  set: Readonly<Record<string, unknown>>;
  /** Networks that it applies to; all of them when absent. */
  for?: readonly string[];
}

/** A network of a protocol under one profile, ready to be run. */
export interface NetworkPlan {
  name: string;
  spec: RunSpec;
  /** The same network under the paper's own protocol: what `spec` departs from. */
  paper: RunSpec;
  /** Number of seeds (1, 2, ...) when `--seeds` does not say otherwise. */
  seeds: number;
  /** Why this profile does not run the network; absent when it does. */
  notRun?: string;
}

/** A published number or curve with where it stands; typed once, in paper.json. */
export interface PublishedValue {
  value: number;
  /** `mean ± std` of repeated runs, where printed. */
  mean?: number;
  sd?: number;
  runs?: number;
  unit: string;
  page: number;
  /** Whether smaller or larger values are better; absent for counts. */
  direction?: 'lower' | 'higher';
  /** What the printed value is. */
  estimator: 'single run' | 'best of five' | 'published by others' | 'computed' | 'digitised';
  /** As printed, e.g. `6.43 (6.61±0.16)`. */
  printed: string;
}

/** A published curve, digitised: points [x, y]. */
export interface PublishedCurve {
  page: number;
  unit: string;
  points: readonly (readonly [number, number])[];
}

/** A row of a table. */
export interface TableRow {
  label: string;
  /** Published cells by column key; strings are facts without a measured counterpart (`19`, `2.5M`). */
  published: Readonly<Record<string, PublishedValue | string | null>>;
  /** Network of the protocol that measures the row; without it and its like: published only. */
  network?: string;
  /** By column key, where each cell has a network of its own (Table 2). */
  networks?: Readonly<Record<string, string>>;
  /** Networks whose averaged scores measure the row (Table 5). */
  ensemble?: readonly string[];
}

/** A column of a table. */
export interface TableColumn {
  key: string;
  label: string;
  /** What answers it: a metric of the run records, or a count computed from the network's spec. */
  measures?: Metric | 'layers' | 'parameters';
  unit?: string;
}

/** Metrics of a run record that tables, figures and claims may refer to; errors are in percent. */
export type Metric = 'testError' | 'trainError' | TestMetric;

/** Top-1 or top-5 error under a test protocol. */
export type TestMetric = `${TestName}.${'top1' | 'top5'}`;

/** A curve of a figure. */
export interface FigureCurve {
  label: string;
  network: string;
  /** Published curves by kind of line. */
  published: Readonly<Partial<Record<CurveKind, PublishedCurve>>>;
}

/** Lines of a figure: error curves over iterations, or standard deviations over layers. */
export type CurveKind = 'train' | 'test' | 'original' | 'sorted';

/** A panel of a figure, with its own axes. */
export interface FigurePanel {
  title: string;
  shows: readonly CurveKind[];
  x: { label: string; domain?: readonly [number, number] };
  y: { label: string; domain?: readonly [number, number] };
  curves: readonly FigureCurve[];
}

/** A claim of the paper that a target's runs can bear on: metric(worse) - metric(better) > margin. */
export interface Claim {
  id: string;
  /** The claim in one sentence, with the section it is made in. */
  statement: string;
  where: string;
  metric: Metric;
  worse: string;
  better: string;
  /** Fixed beforehand: the gap that must be exceeded, and the SD between seeds assumed while there is only one, by profile. */
  thresholds: Readonly<Record<string, { margin: number; sd: number; basis: string }>>;
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
  published: Readonly<Record<string, PublishedValue | string | null>>;
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
  outputSizes: Readonly<Record<string, PublishedValue | string | null>>;
}

/** A table or figure of the paper under one profile: the manifest, its protocol and paper.json put together. */
export interface Target {
  name: string;
  kind: 'table' | 'figure' | 'architecture';
  /** Number in the paper, e.g. `Table 6`. */
  heading: string;
  title: string;
  page: number;
  /** The manifest, relative to the repository root. */
  file: string;
  profile: string;
  profileSummary: string;
  deviations: readonly Deviation[];
  networks: readonly NetworkPlan[];
  columns: readonly TableColumn[];
  rows: readonly TableRow[];
  panels: readonly FigurePanel[];
  /** Of kind `architecture` only, which has no networks to run. */
  architecture?: Architecture;
  claims: readonly Claim[];
}
