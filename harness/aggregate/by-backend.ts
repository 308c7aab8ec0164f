import type { TableRow, TableTarget } from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import { recordsOf, type ViewOptions, viewTarget } from './aggregate.ts';
import { codeOf, machinesOf } from './provenance.ts';
import { type Runs, type Training, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import { studentQuantile, welch } from './student.ts';
import type { AgreementView, ClaimDifference, Sample, TableView, UnusableRecord } from './types.ts';
import { holmLevel } from './verdict.ts';

/** What a backend has finished of a target. */
export interface BackendRuns {
  backend: string;
  runs: Runs;
}

/** Coverage of the intervals that are shown, and of those that must lie within a margin. */
const levels = { shown: 0.95, within: 0.9 };

/**
 * A table with a column for each backend where there is one for each measure, and whether the backends agree. Claims of the
 * paper are on each backend's own page.
 */
export function viewByBackend(
  target: TableTarget,
  sides: readonly BackendRuns[],
  unusable: readonly UnusableRecord[],
  options: ViewOptions,
): TableView {
  const views = sides.map(({ runs }) => viewTarget(target, runs, [], options) as TableView);
  const [first] = views as [TableView];
  const records = sides.flatMap(({ runs }) => recordsOf(runs));
  return {
    ...first,
    claims: [],
    unusable: [...unusable],
    runs: views.flatMap(({ runs }) => runs),
    machines: machinesOf(records),
    code: codeOf(records),
    columns: first.columns.flatMap(column =>
      column.answers === 'measure'
        ? sides.map(({ backend }, i) => ({
            ...column,
            key: `${column.key}:${backend}`,
            backend: { id: backend, first: i === 0 },
          }))
        : [column],
    ),
    rows: first.rows.map((row, at) => ({
      ...row,
      cells: row.cells.flatMap((cell, i) =>
        first.columns[i]!.answers === 'measure' ? views.map(({ rows }) => rows[at]!.cells[i]!) : [cell],
      ),
    })),
    agreements: agreementsOf(target, sides),
  };
}

/** Two samples of the same seeds, and whether they differ at a level. */
interface Pair extends Pick<AgreementView, 'row' | 'quantity' | 'unit' | 'first' | 'other' | 'seeds'> {
  samples: readonly [first: Sample, other: Sample];
  differsAt(level: number): boolean;
}

/** Whether each other backend gives what the first one does, for every measured cell of which both have finished a seed. */
function agreementsOf(target: TableTarget, [first, ...others]: readonly BackendRuns[]): AgreementView[] {
  const pairs = target.rows.flatMap(row =>
    target.columns.flatMap(({ key, measures }) => {
      const measure = measures === undefined ? undefined : taskOf(target.task).measures[measures];
      const network = networkOf(row, key, target);
      if (!measure || !network) return [];
      return others.flatMap(other => {
        const found = pairOf(first!, other, network, measures!);
        return found ? [{ row: row.label, quantity: measure.name, unit: measure.unit, ...found }] : [];
      });
    }),
  );
  const level = holmLevel(pairs.filter(({ samples }) => samples[0].n > 1));
  return pairs.map(pair => judged(pair, level, target));
}

/** The network of a measured cell; none for ensembles, and for tokens, whose values say nothing. */
function networkOf(row: TableRow, column: string, { networks }: TableTarget): string | undefined {
  const name = row.network ?? row.networks?.[column];
  return networks.find(network => network.name === name)?.token ? undefined : name;
}

function pairOf(
  first: BackendRuns,
  other: BackendRuns,
  network: string,
  measure: string,
): Omit<Pair, 'row' | 'quantity' | 'unit'> | null {
  const [a, b] = [first, other].map(({ runs }) => trainingsOf(runs, network)) as [Trainings, Trainings];
  const seeds = seedsOf(a).filter(seed => seedsOf(b).includes(seed));
  const samples = [a, b].map(records =>
    sampleOf(
      records.filter(({ identity }) => seeds.includes(identity.seed)),
      measure,
    ),
  );
  const [x, y] = samples;
  if (!x || !y || !isSample(x) || !isSample(y)) return null;
  const differsAt = (level: number) => {
    const { interval } = differenceOf(x, y, 1 - level);
    return interval !== null && !holds(interval, 0);
  };
  return { first: first.backend, other: other.backend, seeds, samples: [x, y], differsAt };
}

type Trainings = readonly Training[];

function seedsOf(records: Trainings): number[] {
  return records.map(({ identity }) => identity.seed);
}

/**
 * `differs`: 0 lies outside the interval at the table's level. `reproduced`: the 90% interval lies within the margin that
 * the experiment has fixed for its own protocol. `consistent`: 0 lies inside the 95% interval, which says how large a
 * difference may still be.
 */
function judged(
  { samples: [x, y], differsAt, ...pair }: Pair,
  testedAt: number,
  { faithful, experiment }: TableTarget,
): AgreementView {
  const margin = faithful ? (own(experiment.margins, pair.unit) ?? null) : null;
  const difference = differenceOf(x, y, levels.shown);
  const { interval: narrow } = differenceOf(x, y, levels.within);
  const within = margin && narrow && -margin.value < narrow[0] && narrow[1] < margin.value;
  const verdict = differsAt(testedAt)
    ? 'differs'
    : within
      ? 'reproduced'
      : difference.interval && holds(difference.interval, 0)
        ? 'consistent'
        : 'inconclusive';
  return { ...pair, difference, margin, testedAt, verdict, runs: [...x.runs, ...y.runs] };
}

/** Welch's interval of the other minus the first; none of single seeds. */
function differenceOf(x: Sample, y: Sample, level: number): ClaimDifference {
  const value = y.mean - x.mean;
  const n: ClaimDifference['n'] = [x.n, y.n];
  if (x.sd === null || y.sd === null) return { value, interval: null, level, df: null, n };
  const { error, df } = welch({ ...x, sd: x.sd }, { ...y, sd: y.sd });
  const half = studentQuantile((1 + level) / 2, df) * error;
  return { value, interval: [value - half, value + half], level, df, n };
}

function holds([low, high]: readonly [number, number], value: number): boolean {
  return low <= value && value <= high;
}
