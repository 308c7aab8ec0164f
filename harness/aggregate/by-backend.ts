import { measureOf, type TableRow, type TableTarget } from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import { holm } from './adjust.ts';
import { recordsOf, type ViewOptions, viewTarget } from './aggregate.ts';
import { type Difference, differenceOfMeans, intervalOf, pBeyond, pWithin } from './difference.ts';
import { codeOf, machinesOf } from './provenance.ts';
import { type Runs, type Training, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import type { AgreementView, Estimate, Sample, TableView, UnusableRecord } from './types.ts';
import { significance } from './verdict.ts';

/** What a backend has finished of a target. */
export interface BackendRuns {
  backend: string;
  runs: Runs;
}

/** Coverage of the intervals that are shown. */
const level = 0.95;

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

/** Two samples of the same seeds, and their difference. */
interface Pair extends Pick<AgreementView, 'row' | 'quantity' | 'unit' | 'first' | 'other' | 'seeds'> {
  measure: string;
  samples: readonly [first: Sample, other: Sample];
  /** Of the other minus the first; null of fewer than three seeds, which decide nothing. */
  difference: Difference | null;
}

/** Whether each other backend gives what the first one does, for every measured cell of which both have finished a seed. */
function agreementsOf(target: TableTarget, [first, ...others]: readonly BackendRuns[]): AgreementView[] {
  const pairs = target.rows.flatMap(row =>
    target.columns.flatMap(column => {
      const { key } = column;
      const measures = measureOf(row, column);
      const measure = measures === undefined ? undefined : taskOf(target.task).measures[measures];
      const network = networkOf(row, key, target);
      if (!measure || !network) return [];
      return others.flatMap(other => {
        const found = pairOf(first!, other, network, measures!);
        const { name: quantity, unit } = measure;
        return found ? [{ row: row.label, measure: measures!, quantity, unit, ...found }] : [];
      });
    }),
  );
  // Two-sided: nobody says beforehand which of two backends would give more.
  const adjusted = holm(
    pairs.map(({ difference }) => Math.min(1, 2 * (difference ? pBeyond(difference, 0) : 1))),
  );
  return pairs.map((pair, i) => judged(pair, adjusted[i]!, target));
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
): Omit<Pair, 'row' | 'measure' | 'quantity' | 'unit'> | null {
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
  return {
    first: first.backend,
    other: other.backend,
    seeds,
    samples: [x, y],
    difference: differenceOf(x, y),
  };
}

type Trainings = readonly Training[];

function seedsOf(records: Trainings): number[] {
  return records.map(({ identity }) => identity.seed);
}

/**
 * `differs`: a difference is shown at the table's level. `reproduced`: it is shown to lie within the margin that the protocol
 * has for its faithful profile. `consistent`: it is shown to lie within the resolution of the measure, under any profile:
 * means that scatter so much that they could lie further apart are inconclusive.
 */
function judged(
  { samples: [x, y], difference, measure, ...pair }: Pair,
  differs: number,
  { faithful, tolerances }: TableTarget,
): AgreementView {
  const tolerance = own(tolerances, measure);
  const margin = (faithful && tolerance?.margin) || null;
  const resolution = tolerance?.resolution ?? null;
  const interval = difference && intervalOf(difference, level);
  const isWithin = (bound: { value: number } | null) =>
    bound !== null && difference !== null && pWithin(difference, bound.value) <= significance;
  const verdict =
    differs <= significance
      ? 'differs'
      : isWithin(margin)
        ? 'reproduced'
        : isWithin(resolution)
          ? 'consistent'
          : 'inconclusive';
  const shown: Estimate = {
    ...{ value: y.mean - x.mean, interval, level },
    ...{ df: difference?.df ?? null, n: [x.n, y.n] },
  };
  return { ...pair, difference: shown, margin, resolution, differs, verdict, runs: [...x.runs, ...y.runs] };
}

function differenceOf(x: Sample, y: Sample): Difference | null {
  if (x.n < 3 || x.sd === null || y.sd === null) return null;
  return differenceOfMeans({ ...y, sd: y.sd }, { ...x, sd: x.sd });
}
