import type { TrainedNetwork } from '../../ml/nets/spec.ts';
import type { ScheduleSpec } from '../../ml/optim/schedule.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';
import type { JsonSchema } from '../../ml/schema.ts';

/** What every task's trainings have in common; the rest of a spec is the task's own. */
export interface TrainSpec {
  readonly data: { readonly set: string };
  readonly network: TrainedNetwork;
  readonly optimiser: { readonly batch: number; readonly sgd: SgdSpec };
  readonly schedule: ScheduleSpec;
  readonly evaluation: object;
}

/** What is stated of a network beside its settings, for rules to check. */
export interface Stated {
  name: string;
  /** Weighted layers. */
  layers?: number;
}

/** Settings of a spec that a schema cannot check. */
export interface Rule<S> {
  /** Dotted paths of the settings, the likeliest one first: a problem is placed where the first of them was set. */
  paths: readonly string[];
  /** What is wrong and what was expected; null when all is well. */
  broken(spec: S, stated: Stated): string | null;
}

/** What a measure of a record is. */
export interface Measure {
  /** In the words of a page: `test error`. */
  name: string;
  unit: '%' | 'nats';
  /** Which values are better. */
  direction: 'lower' | 'higher';
  /** Decimals that are shown. */
  decimals: number;
}

/** What a line of a figure shows of a record's curves. */
export interface Line {
  /** The curve of the record. */
  curve: string;
  /** The value of its points that is drawn. */
  value: string;
  /** What its points are counted by. */
  over: 'iterations' | 'layers';
  /** In the words of a page: `training`. */
  name: string;
  /** Drawn by size, the largest value first, instead of in the curve's own order. */
  sorted?: true;
}
