import type { Feeds, Session, StepOutputs } from '../../backends/contract.ts';
import type { Batches } from '../../ml/data/images.ts';
import type { NetworkSpec } from '../../ml/nets/spec.ts';
import type { ScheduleSpec } from '../../ml/optim/schedule.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';
import type { ModelState, Program } from '../../ml/program.ts';
import type { JsonSchema } from '../../ml/schema.ts';
import type { Pictured } from './pictured.ts';

/** What a kind of job means: classification, detection. The stages know tasks by this alone. */
export interface Task {
  readonly id: string;
  /** The specs of its jobs, by kind. */
  readonly schemas: Readonly<Record<JobKind, JsonSchema>>;
  /** Settings of a training that contradict each other. */
  readonly rules: readonly Rule[];
  /** What its records may hold, by name. */
  readonly measures: Readonly<Record<string, Measure>>;
  /** What figures may show of its records, by name. */
  readonly lines: Readonly<Record<string, Line>>;
  /** The data sets that its specs may name. */
  readonly dataSets: Readonly<Record<string, DataSet>>;
  /** Names of the measures that a training with this spec records. */
  measuresOf(spec: TrainSpec): readonly string[];
  /** The value of a measure that guessing has, under a spec; null where there is none. */
  chanceOf(measure: string, spec: TrainSpec): number | null;
  /** Height and width of the images of a spec, and how many test images its final measures are taken on. */
  imagesOf(spec: JobSpec): { size: number; test: number };
  /**
   * Trainings whose results a training takes in, by what they are for it. They are functions of its spec and seed; their keys
   * are part of its identity.
   */
  needsOf(spec: TrainSpec, seed: number): Readonly<Record<string, Need>>;
  /** Weights of others that a training takes in; null when it takes in none. They are a part of its spec. */
  releasedOf(spec: TrainSpec): Released | null;
  /** What a job has to compute. */
  workloadOf(kind: JobKind, spec: JobSpec): Workload;
  /** The spec of an evaluation of released weights for the measures that a target shows; null when it shows none. */
  evaluationOf(
    spec: TrainSpec,
    released: Released & { testShorterSide: number },
    measures: readonly string[],
    testImages: number,
  ): EvaluateSpec | null;
  /** How a result contradicts itself or its spec; null when it does not. */
  contradiction(identity: { kind: JobKind; spec: JobSpec }, result: ResultParts): string | null;
  /** A measure of the averaged scores of several jobs (sec. 4.1), from the files that they left; or why there is none. */
  ensemble(measure: string, members: readonly Artefacts[]): number | string;
  /**
   * Of each test image whether a job got it wrong, 1 or 0, in the order of the test set, from the files that it left; null
   * where they do not say. The mean over images is the measure.
   */
  outcomes(measure: string, artefacts: Artefacts): Uint8Array | null;
  /** What runs its jobs: engines and readers of data, loaded when they are needed. */
  load(): Promise<TaskExecution>;
}

/** What a job does. */
export type JobKind = 'train' | 'evaluate';

/** What every task's trainings have in common; the rest of a spec is the task's own. */
export interface TrainSpec {
  readonly data: { readonly set: string };
  readonly network: NetworkSpec;
  readonly optimiser: { readonly batch: number; readonly sgd: SgdSpec };
  readonly schedule: ScheduleSpec;
  readonly evaluation: { readonly trainErrorEvery: number; readonly testErrorEvery: number };
}

/** A training that another one needs. */
export interface Need {
  /** Id of its task. */
  task: string;
  /** What it is to the network that is trained in the end, in the words of a list: `step 1`. */
  label: string;
  /** Whether what it needs in turn is named after it: `detector on other data, step 1`. */
  apart?: boolean;
  spec: TrainSpec;
  seed: number;
}

/** What every task's evaluations of given weights have in common. */
export interface EvaluateSpec {
  readonly data: { readonly set: string };
  readonly network: NetworkSpec;
}

/** The spec of a job of either kind. */
export type JobSpec = TrainSpec | EvaluateSpec;

/** What is stated of a network beside its settings, for rules to check. */
export interface Stated {
  name: string;
  /** Weighted layers. */
  layers?: number;
}

/** Settings of a spec that a schema cannot check. */
export interface Rule {
  /** Dotted paths of the settings, the likeliest one first: a problem is placed where the first of them was set. */
  paths: readonly string[];
  /** What is wrong and what was expected; null when all is well. */
  broken(spec: TrainSpec, stated: Stated): string | null;
}

/** What a measure of a record is. */
export interface Measure {
  /** In the words of a page: `test error`. */
  name: string;
  /** Empty for a ratio. */
  unit: '%' | 'nats' | '';
  /** Which values are better. */
  direction: 'lower' | 'higher';
  /** Decimals that are shown. */
  decimals: number;
  /** The data sets that it can be taken on, as of a class that others have not; all when absent. */
  sets?: readonly string[];
}

/** What a line of a figure shows of a record's curves. */
export interface Line {
  /** The curve of the record, and the value of its points that is drawn. */
  curve: string;
  value: string;
  /** What its points are counted by. */
  over: 'iterations' | 'layers';
  /** In the words of a legend (`training`), and of a sentence (`training error`). */
  short: string;
  name: string;
  unit: '%' | '';
  /** Drawn by size, the largest value first, instead of in the curve's own order. */
  sorted?: true;
  /** How many images the value of a point rests on; null where that is not known. */
  imagesAt(spec: TrainSpec, at: number): number | null;
}

/** What a value can be measured on: images whose labels are known, or those of a test set or an evaluation server. */
export const imageSets = ['validation', 'test', 'test-dev'] as const;
export type ImageSet = (typeof imageSets)[number];

/** A data set that the user has, or that can be fetched. */
export interface DataSet {
  /** In the words of a message: `ImageNet`. */
  name: string;
  /** Which of its images final measures are taken on. */
  tested: ImageSet;
  /** The environment variable that names its folder. */
  variable: string;
  /** What `--data` must name where it cannot be fetched: `<folder with train/ and val/>`. Null when it can. */
  provided: Readonly<Record<JobKind, string>> | null;
  /** It is drawn here: its variable names where it is kept, and `--data` never does, since that would be written to. */
  drawn?: true;
  /** Whether a path that the user names looks like it. */
  recognises(path: string): boolean;
  /**
   * Digest of its bytes, or of their list, without fetching anything, and how many test images it has where that is not a
   * matter of the spec; null when it is neither here nor can be fetched. An evaluation may need less of it than a training.
   * Fails with an explained error when it is incomplete.
   */
  digest(path: string | undefined, kind: JobKind): Promise<DataDigest | null>;
  /** The folder with its verified files, fetched where that is possible. Fails with a `DataError`. */
  ensure(path: string | undefined, onProgress: (message: string) => void): Promise<string>;
}

/** What identifies the data of a job. */
export interface DataDigest {
  digest: string;
  testImages?: number;
}

/** What a job has to compute: figures for cost and memory. */
export interface Workload {
  unit: 'iterations' | 'images';
  total: number;
  /** Floating-point operations of the forward pass of one image. */
  operations: number;
  /** Forward passes of images that one unit is worth. */
  perUnit: number;
  /** Forward passes of images that come between the units, from `from` to the last one. */
  between(from: number): number;
  /** Forward passes of images after the last unit. */
  final: number;
  /** What decides how long a unit takes: jobs with the same text cost the same. */
  sizes: string;
  /** MiB of a worker. */
  memoryMiB: number;
}

/** Weights that others have trained: where they come from, and what images they take. */
export interface Released {
  format: string;
  package: string;
  integrity: string;
  megabytes: number;
  mean: readonly [number, number, number];
  crop: number;
}

/** The parts of a result that must agree with each other. */
export interface ResultParts {
  readonly measures: Values;
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
}

/** Files that a job has left beside its record, by name; null for one that is not there. */
export type Artefacts = (file: string) => Uint8Array | null;

/** What a job is opened with. */
export interface OpenOptions<S extends JobSpec> {
  spec: S;
  /** Digest that the data must have. */
  data: string;
  dataFolder: string;
  threads: number;
  /** Files that the jobs which it needs have left, by what they are for it. */
  needs: Readonly<Record<string, Artefacts>>;
  /** The released weights that it evaluates, or begins with. */
  weights?: WeightsFile;
}

/** Runs the jobs of a task on whatever session the stage opens for them. */
export interface TaskExecution {
  openTraining(options: OpenOptions<TrainSpec> & { seed: number }): Promise<TrainingWork>;
  openEvaluation(options: OpenOptions<EvaluateSpec> & { weights: WeightsFile }): Promise<EvaluationWork>;
  /** The first test images with what a job said of them, from the files that it left; none where it left nothing of the kind. */
  pictures(spec: TrainSpec, dataFolder: string, artefacts: Artefacts, count: number): Promise<Pictured[]>;
}

/** A verified file of weights and what it is verified against when it is read again. */
export interface WeightsFile {
  file: string;
  format: string;
  integrity: string;
}

/** Called between batches; false asks to stop, and the work then comes to nothing (null). */
export type Between = () => Promise<boolean>;

/** Sums over iterations; kept exactly, so that a resumed run adds on as if it had never stopped. */
export type Sums = Readonly<Record<string, number>>;

/** Named values of one point of a curve. */
export type Values = Readonly<Record<string, number>>;

/** A training that is ready to begin or to go on. */
export interface TrainingWork {
  program: Program;
  batches: Batches;
  /** The state that it begins with; drawn from the seed when absent. */
  initial?: ModelState;
  /** What is summed over iterations, of one step. */
  observe(outputs: StepOutputs, feeds: Feeds): Sums;
  /** Training error of one step, as a fraction: what ends a warm-up. */
  errorOf(step: Sums): number;
  /** A point of the training curve from sums over some iterations. */
  means(sums: Sums, iterations: number): Values;
  /** A point of the test curve. */
  test(session: Session, between: Between): Promise<Values | null>;
  /**
   * All that is measured after the last iteration; `tail`: means over the last twentieth of the training; `between` is
   * told the share that is done.
   */
  finish(
    session: Session,
    tail: Values,
    between: (share: number) => Promise<boolean>,
  ): Promise<Finished | null>;
  close(): Promise<void>;
}

/** An evaluation that is ready to begin or to go on. */
export interface EvaluationWork {
  program: Program;
  /** The weights that are evaluated. */
  state: ModelState;
  total: number;
  begin(): EvaluationProgress;
  /** Evaluates the next images; null when stopped. */
  next(session: Session, progress: EvaluationProgress, between: Between): Promise<EvaluationProgress | null>;
  finish(progress: EvaluationProgress): Finished;
  close(): Promise<void>;
}

/** How far an evaluation has come: images that are done, and what the task keeps of them. */
export interface EvaluationProgress {
  done: number;
  sums: Sums;
  /** Chained SHA-256 of what was computed so far. */
  chain: string;
}

/** What a job has come to. */
export interface Finished {
  measures: Values;
  /** Last points of curves that were drawn during the job, and whole curves. */
  points: Readonly<Record<string, Values>>;
  curves: Readonly<Record<string, readonly CurvePoint[]>>;
  /** Files to be left beside the record, by name. */
  artefacts: Readonly<Record<string, readonly Uint8Array[]>>;
  /** Digests of what is not kept. */
  digests: Readonly<Record<string, string>>;
}

/** A point of a curve: the number of iterations done, or of the layer, and its values. */
export type CurvePoint = { readonly at: number } & Values;
