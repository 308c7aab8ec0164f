import {
  type Count,
  measureOf,
  type NetworkConfig,
  type PublishedCell,
  type TableColumn,
  type TableRow,
  type TableTarget,
} from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import { isCount, viewCount } from './counts.ts';
import { ensembleSample } from './ensemble.ts';
import { type Judgements, judgeFamily } from './family.ts';
import { imageErrorOf } from './images.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import type { Absence, CellView, ColumnView, RowView, Sample, TableView, Testing } from './types.ts';
import { isRepeated, referenceOf } from './verdict.ts';

const emptyCell: Omit<CellView, 'published'> = {
  ours: null,
  evaluated: null,
  count: null,
  absence: null,
  residual: null,
  verdict: null,
  unjudged: null,
  evidence: null,
  best: null,
};

/** Columns, with what answers them. */
export function viewColumns({ columns, task }: TableTarget): ColumnView[] {
  return columns.map(column => {
    const { measures } = column;
    if (measures === undefined) return { ...column, answers: null, decimals: 0 };
    if (isCount(measures)) return { ...column, answers: 'count', decimals: 0 };
    return { ...column, answers: 'measure', decimals: taskOf(task).measures[measures]!.decimals };
  });
}

/** Rows of a table with their verdicts, and how those were reached. `all`: the runs of the whole family. */
export function viewRows(
  target: TableTarget,
  runs: Runs,
  all: Runs,
): Pick<TableView, 'rows' | 'testing' | 'overImages'> {
  const judged = judgeFamily(target, all);
  const rows = target.rows.map(row => ({
    label: row.label,
    quoted: !row.network && !row.networks && !row.ensemble,
    cells: target.columns.map(column => viewCell(target, row, column, runs, judged)),
  }));
  return { rows, testing: testingOf(target, rows), overImages: overImages(target, runs) };
}

function overImages(target: TableTarget, runs: Runs): TableView['overImages'] {
  const task = taskOf(target.task);
  return target.rows.flatMap(row =>
    target.columns.flatMap(column => {
      const { key, label } = column;
      const measures = measureOf(row, column);
      const network = row.network ?? row.networks?.[key];
      if (network === undefined || measures === undefined || isCount(measures)) return [];
      const found = imageErrorOf([network], measures, runs, task);
      return found ? [{ row: row.label, column: label, ...found }] : [];
    }),
  );
}

/** The settings of a network that a row or curve refers to; the manifest's check has made sure that there are some. */
export function configOf(
  target: { networks: readonly NetworkConfig[]; file: string; name: string },
  network: string,
): NetworkConfig {
  const config = target.networks.find(({ name }) => name === network);
  if (!config) throw new Error(`${target.file}: ${network} is not among the networks of ${target.name}`);
  return config;
}

function viewCell(
  target: TableTarget,
  row: TableRow,
  column: TableColumn,
  runs: Runs,
  judged: Judgements,
): CellView {
  const published = own(row.published, column.key) ?? { kind: 'none' };
  const cell: CellView = { published, ...emptyCell };
  const measures = measureOf(row, column);
  if (measures === undefined) return cell;
  const network = row.network ?? row.networks?.[column.key];
  if (isCount(measures)) {
    return network === undefined ? cell : { ...cell, ...countCell(target, network, measures, published) };
  }
  const evaluated = network === undefined ? null : evaluatedValue(network, measures, runs);
  if (evaluated) {
    // Some of the images say nothing about an error among all of them.
    const whole = onAllImages(target, network!, runs);
    return { ...cell, evaluated, residual: whole ? residualOf(target, published, evaluated.value) : null };
  }
  const measured = measuredBy(target, row, network, measures, runs);
  if (isSample(measured)) {
    const ours = { ...cell, ours: measured };
    if (!target.faithful) return { ...ours, verdict: 'scaled-down' };
    const residual = residualOf(target, published, measured.mean);
    return {
      ...ours,
      residual,
      best: bestOf(published, measured),
      ...judged(row.ensemble ?? [network!], measures, published),
    };
  }
  // A row without a network of its own misses nothing where the paper prints nothing.
  if (network === undefined && published.kind === 'none') return cell;
  const estimator = published.kind === 'value' ? published.estimator : null;
  const byOthers = estimator === 'published by others' || estimator === 'evaluated by the authors';
  if (measured.kind === 'no network' && byOthers) return { ...cell, absence: { kind: 'by others' } };
  const images = published.kind === 'value' ? published.images : undefined;
  if (measured.kind === 'no network' && row.networks && images !== undefined)
    return { ...cell, verdict: 'not-run', absence: { kind: 'on a server', images } };
  return { ...cell, verdict: measured.kind === 'token' ? 'token' : 'not-run', absence: measured };
}

/** A sample of the row's network or ensemble, or why there is none: the profile's or the machine's reason goes first. */
function measuredBy(
  target: TableTarget,
  { ensemble }: TableRow,
  network: string | undefined,
  measure: string,
  runs: Runs,
): Sample | Absence {
  const members = network === undefined ? ensemble : [network];
  if (!members) return { kind: 'no network' };
  const configs = members.map(name => configOf(target, name));
  const measured =
    network === undefined
      ? ensembleSample(members, measure, runs, taskOf(target.task))
      : sampleOf(trainingsOf(runs, network), measure);
  const token = configs.find(config => config.token);
  if (isSample(measured) && token) return { kind: 'token', network: token.name, reason: token.token!.reason };
  if (isSample(measured)) return measured;
  const skipped = configs.find(config => config.skipped)?.skipped;
  return skipped ? { kind: 'skipped', reason: skipped.reason } : measured;
}

function evaluatedValue(network: string, measure: string, { evaluations }: Runs): CellView['evaluated'] {
  const value = own(evaluations.get(network)?.result.measures ?? {}, measure);
  return value === undefined ? null : { value, network };
}

function onAllImages(target: TableTarget, network: string, { evaluations }: Runs): boolean {
  const task = taskOf(target.task);
  const { spec } = evaluations.get(network)!.identity;
  return task.imagesOf(spec).test === task.imagesOf(configOf(target, network).spec).test;
}

/** Ours minus the published value; what was not measured by the paper's protocol is not subtracted from it. */
function residualOf({ faithful }: TableTarget, published: PublishedCell, ours: number): number | null {
  return faithful && published.kind === 'value' ? ours - referenceOf(published) : null;
}

/** A count is exact: it agrees in the printed form or it does not. */
function countCell(
  target: TableTarget,
  network: string,
  measures: Count,
  published: PublishedCell,
): Pick<CellView, 'count' | 'verdict'> {
  const count = viewCount(configOf(target, network), measures, published);
  if (!target.faithful) return { count, verdict: 'scaled-down' };
  return { count, verdict: published.kind === 'none' ? null : count.agrees ? 'reproduced' : 'differs' };
}

/** A best of k is not a mean: our best of k is told beside theirs once there are k. */
function bestOf(published: PublishedCell, { values }: Sample): CellView['best'] {
  if (published.kind !== 'value' || published.estimator !== 'best of several') return null;
  if (!isRepeated(published) || values.length < published.runs!) return null;
  const first = values.slice(0, published.runs);
  const value = published.direction === 'higher' ? Math.max(...first) : Math.min(...first);
  return { value, runs: first.length };
}

function testingOf(target: TableTarget, rows: readonly RowView[]): Testing | null {
  const judged = rows.flatMap(({ cells }, row) =>
    cells.flatMap(({ evidence, ours }, i) =>
      evidence && ours
        ? [{ evidence, mean: ours.mean, measure: measureOf(target.rows[row]!, target.columns[i]!)! }]
        : [],
    ),
  );
  if (judged.length === 0) return null;
  return {
    family: target.family.length,
    tolerances: tolerancesOf(
      target,
      judged.map(({ measure }) => measure),
    ),
    repeated: judged.some(({ evidence }) => evidence.method === 'equivalence'),
    lastLook: target.lastLook,
    sampling: samplingOf(target, judged),
  };
}

type ToleranceView = Testing['tolerances'][number];

/** Measures with the same tolerance together. */
function tolerancesOf(target: TableTarget, measures: readonly string[]): Testing['tolerances'] {
  const groups = new Map<string, ToleranceView>();
  for (const measure of new Set(measures)) {
    const { margin, resolution } = target.tolerances[measure]!;
    const { name, unit } = taskOf(target.task).measures[measure]!;
    const key = JSON.stringify([margin, resolution, unit]);
    const group: ToleranceView = groups.get(key) ?? { measures: [], unit, margin, resolution };
    group.measures.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A rate of errors among so many images has a binomial standard error; other measures have not. */
function samplingOf(
  target: TableTarget,
  judged: readonly { measure: string; mean: number }[],
): Testing['sampling'] {
  const task = taskOf(target.task);
  const rates = judged.filter(({ measure }) => {
    const { unit, direction } = task.measures[measure]!;
    return unit === '%' && direction === 'lower';
  });
  if (rates.length === 0) return null;
  const images = Math.max(...target.networks.map(({ spec }) => task.imagesOf(spec).test));
  const rate = rates.reduce((sum, { mean }) => sum + mean, 0) / rates.length / 100;
  return { error: 100 * Math.sqrt((rate * (1 - rate)) / images), images, rate: 100 * rate };
}
