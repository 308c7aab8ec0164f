import type { Claim } from '../../manifest/types.ts';
import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import type { Line, Measure } from '../../tasks/task.ts';
import { type Runs, type Training, trainingsOf } from '../runs.ts';
import { mean } from '../sample.ts';

/** What tests read of the runs: one number for each of the seeds 1, 2, ... of a network, as far as there is no gap. */
export interface Series {
  /** A measure. */
  measure(network: string, measure: string): number[];
  /** The mean of a line over its points. */
  meanOf(network: string, line: string): number[];
  /** The points of a line, of each seed. */
  line(network: string, line: string): number[][];
  /** What a measure or a line is. */
  about(name: string): {
    name: string;
    unit: Measure['unit'] | Line['unit'];
    direction: Measure['direction'];
  };
}

/** The series of a claim's task. */
export function seriesOf({ task }: Claim, runs: Runs): Series {
  const { measures, lines } = taskOf(task!);
  const inOrder = (network: string) => {
    const records = trainingsOf(runs, network);
    const gap = records.findIndex(({ identity }, i) => identity.seed !== i + 1);
    return gap < 0 ? records : records.slice(0, gap);
  };
  const line = (network: string, name: string) =>
    inOrder(network).map(record => pointsOf(record, lines[name]!));
  return {
    line,
    measure: (network, name) => untilMissing(inOrder(network), ({ result }) => own(result.measures, name)),
    meanOf: (network, name) =>
      untilMissing(line(network, name), points => (points.length > 0 ? mean(points) : undefined)),
    about(name) {
      const measure = own(measures, name);
      if (measure) return measure;
      const { name: words, unit } = lines[name]!;
      return { name: words, unit, direction: 'lower' };
    },
  };
}

function pointsOf({ result }: Training, { curve, value }: Line): number[] {
  return (own(result.curves, curve) ?? []).map(point => own(point, value)!);
}

function untilMissing<T>(all: readonly T[], numberIn: (each: T) => number | undefined): number[] {
  const values = all.map(numberIn);
  const gap = values.indexOf(undefined);
  return (gap < 0 ? values : values.slice(0, gap)) as number[];
}
