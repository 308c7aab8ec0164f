import type {
  Metric,
  NetworkPlan,
  PublishedValue,
  TableColumn,
  TableRow,
  Target,
  TestMetric,
} from '../manifest/types.ts';
import type { RunRecord } from '../record/types.ts';
import { imagesOf } from '../tasks/classification/images.ts';
import { viewCount } from './counts.ts';
import { ensembleSample, type ScoresOf } from './ensemble.ts';
import { evaluatedError, evaluatedNote, type ReleasedEvaluation } from './evaluated.ts';
import { sampleOf } from './sample.ts';
import type { StudentQuantile } from './student.ts';
import type { CellView, RowView, Sample } from './types.ts';
import { type Comparison, compare, holmLevel, judge, margin, referenceOf } from './verdict.ts';

/** The profile that follows the paper to the letter: only its values are set against published ones. */
export const paperProfile = 'paper';

/** What the measured cells of a table are made from; `records` and `evaluations` by network. */
export interface Measured {
  records: ReadonlyMap<string, RunRecord[]>;
  scoresOf: ScoresOf;
  evaluations: ReadonlyMap<string, ReleasedEvaluation>;
}

/** Rows of a table with their verdicts, and remarks on how those were reached. */
export function viewRows(
  target: Target,
  measured: Measured,
  t: StudentQuantile,
): { rows: RowView[]; remarks: string[] } {
  const comparisons = new Map<CellView, Comparison>();
  const rows = target.rows.map(row => ({
    label: row.label,
    cells: target.columns.map(column => {
      const cell = viewCell(target, row, column, measured);
      if (target.profile === paperProfile && cell.ours && isValue(cell.published)) {
        comparisons.set(cell, compare(cell.published, cell.ours, t));
      }
      return cell;
    }),
  }));
  const family = [...comparisons.values()].filter(isDecidable);
  const level = holmLevel(family);
  for (const [cell, comparison] of comparisons) {
    const { verdict, note } = judge(comparison, level, t);
    cell.verdict = verdict;
    cell.note = joined(note, cell.note);
  }
  return { rows, remarks: family.length > 0 ? remarksOn(family, target) : [] };
}

function viewCell(
  target: Target,
  row: TableRow,
  column: TableColumn,
  { records, scoresOf, evaluations }: Measured,
): CellView {
  const published = row.published[column.key] ?? null;
  const empty = { published, ours: null, count: null, residual: null, verdict: null, note: null };
  if (!column.measures) return empty;
  const network = row.network ?? row.networks?.[column.key];
  if (column.measures === 'layers' || column.measures === 'parameters') {
    if (network === undefined) return empty;
    return { ...empty, ...countCell(target.profile, planOf(target, network), column.measures, published) };
  }
  const evaluation = network === undefined ? undefined : evaluations.get(network);
  if (evaluation && column.measures !== 'testError' && column.measures !== 'trainError') {
    return { ...empty, ...evaluatedCell(evaluation, planOf(target, network!), column.measures, published) };
  }
  const measured =
    network === undefined
      ? ensembleOf(row, column.measures, records, scoresOf)
      : (sampleOf(records.get(network) ?? [], column.measures) ?? 'no finished run');
  if (measured === null && published === null) return empty;
  if (measured === null || typeof measured === 'string') {
    const members = network === undefined ? (row.ensemble ?? []) : [network];
    const why = members.map(name => planOf(target, name).notRun).find(reason => reason !== undefined);
    return { ...empty, verdict: 'not-run', note: why ?? measured ?? notMeasured(published) };
  }
  const ours = measured;
  return {
    ...empty,
    ours,
    residual: isValue(published) ? ours.mean - referenceOf(published) : null,
    verdict: target.profile === paperProfile ? null : 'scaled-down',
    note: isValue(published) ? likeWithLike(published, ours, target.profile) : null,
  };
}

function evaluatedCell(
  evaluation: ReleasedEvaluation,
  plan: NetworkPlan,
  metric: TestMetric,
  published: CellView['published'],
): Partial<CellView> {
  const evaluated = evaluatedError(evaluation, metric);
  if (!evaluated) return {};
  const residual = isValue(published) ? evaluated.error - referenceOf(published) : null;
  return { evaluated, residual, note: evaluatedNote(evaluation, plan) };
}

/** What measures a row that no single network does; null when nothing does. */
function ensembleOf(
  { ensemble }: TableRow,
  metric: Metric,
  records: ReadonlyMap<string, RunRecord[]>,
  scoresOf: ScoresOf,
): Sample | string | null {
  if (!ensemble || metric === 'testError' || metric === 'trainError') return null;
  return ensembleSample(ensemble, metric, records, scoresOf);
}

/** A count is exact: it agrees in the printed form or it does not. */
function countCell(
  profile: string,
  plan: NetworkPlan,
  measures: 'layers' | 'parameters',
  published: PublishedValue | string | null,
): Partial<CellView> {
  const count = viewCount(plan, measures, published);
  if (profile !== paperProfile) return { count, verdict: 'scaled-down' };
  return { count, verdict: published === null ? null : count.agrees ? 'reproduced' : 'differs' };
}

/** A best of k is not a mean: means are compared with means, our best of k only once there are k. */
function likeWithLike(published: PublishedValue, ours: Sample, profile: string): string | null {
  const { estimator, mean, runs, value } = published;
  if (estimator !== 'best of five' || mean === undefined || runs === undefined) return null;
  const against = `residual against the mean of the ${runs} published runs, ${mean}`;
  if (profile !== paperProfile || ours.n < runs) return against;
  const first = ours.values.slice(0, runs);
  const best = published.direction === 'higher' ? Math.max(...first) : Math.min(...first);
  return `${against}; best of our first ${runs} runs: ${best.toFixed(2)}, of theirs: ${value}`;
}

function notMeasured(published: PublishedValue | string | null): string {
  const byOthers = isValue(published) && published.estimator === 'published by others';
  return byOthers ? 'published by others' : 'no network of this project measures the row';
}

/** Comparisons that could come out as `differs`: only they share the error rate. */
function isDecidable({ published, sample }: Comparison): boolean {
  return sample.n >= (published.mean === undefined ? 3 : 2);
}

function remarksOn(family: readonly Comparison[], target: Target): string[] {
  const images = Math.max(...target.networks.map(({ spec }) => imagesOf(spec.data).test));
  const rate = family.reduce((sum, { sample }) => sum + sample.mean, 0) / family.length / 100;
  const error = 100 * Math.sqrt((rate * (1 - rate)) / images);
  return [
    `A published mean is reproduced when the 90 % Welch interval of the difference lies within ±${margin} points (TOST); it differs when the 95 % interval lies beyond. A published single run is consistent inside our 95 % prediction interval, and differs outside it. differs is tested with Holm's correction over ${family.length} cell${family.length === 1 ? '' : 's'}.`,
    `The test set's own sampling error, ${error.toFixed(2)} points (one standard error, ${images} images, ${(100 * rate).toFixed(1)} % error), is in neither SD nor intervals.`,
  ];
}

/** The plan of a network that a row or curve refers to; the manifest's check has made sure there is one. */
export function planOf(target: Target, network: string): NetworkPlan {
  const plan = target.networks.find(({ name }) => name === network);
  if (!plan) throw new Error(`${target.file}: ${network} is not among the networks of ${target.name}`);
  return plan;
}

function isValue(published: PublishedValue | string | null): published is PublishedValue {
  return published !== null && typeof published === 'object';
}

function joined(...notes: (string | null)[]): string | null {
  return notes.filter(note => note !== null).join('; ') || null;
}
