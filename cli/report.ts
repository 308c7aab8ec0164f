import { join } from 'node:path';
import type {
  ArchitectureView,
  DrawingView,
  FigureView,
  TableView,
  View,
} from '../harness/aggregate/types.ts';
import { exitCodes } from '../harness/errors.ts';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import type { ExecutionResult, RunOutcome } from '../harness/execute/types.ts';
import type { PlannedRun } from '../harness/plan/types.ts';
import type { Rendered } from './rendered.ts';

/** What `reproduce --json` prints. Errors are in percent; files are absolute. */
export interface Report {
  targets: TargetReport[];
  runs: {
    key: string;
    network: string;
    seed: number;
    outcome: Outcome;
  }[];
  /** Of weights that others trained. */
  evaluations: { key: string; target: string; weights: string; images: number; outcome: Outcome }[];
  files: string[];
  seconds: number;
}

type Outcome = RunOutcome | 'failed' | 'interrupted' | 'not started';

type TargetReport = Pick<TableView, 'name' | 'profile' | 'claims' | 'deviations'> &
  (
    | { rows: ReturnType<typeof rows> }
    | { curves: ReturnType<typeof curves> }
    | { layers: ArchitectureView['rows']; costs: ReturnType<typeof costs> }
    | { costs: ReturnType<typeof costs> }
  );

/** Puts the outcome of `reproduce` together. */
export function report(
  { runs, evaluations }: { runs: readonly PlannedRun[]; evaluations: readonly PlannedEvaluation[] },
  result: ExecutionResult,
  rendered: readonly Rendered[],
  store: string,
  seconds: number,
): Report {
  return {
    targets: rendered.map(({ view }) => reportTarget(view)),
    runs: runs.map(run => ({
      key: run.key,
      network: run.network,
      seed: run.identity.seed,
      outcome: outcomeOf(run, result),
    })),
    evaluations: evaluations.map(each => ({
      key: each.key,
      target: each.target,
      weights: each.weights.package,
      images: each.index.count,
      outcome: outcomeOf(each, result),
    })),
    files: rendered.flatMap(({ view, files }) =>
      files.map(file => join(store, 'rendered', view.profile, file)),
    ),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** 130 interrupted, 4 a run failed, 1 a cell differs, 3 a cell is inconclusive; `scaled-down` and `not-run` pass. */
export function exitCode({ interrupted, failures }: ExecutionResult, rendered: readonly Rendered[]): number {
  if (interrupted) return exitCodes.interrupted;
  if (failures.length > 0) return exitCodes.failed;
  const verdicts = rendered.flatMap(({ view }) => verdictsOf(view));
  if (verdicts.includes('differs')) return exitCodes.differs;
  return verdicts.includes('inconclusive') ? exitCodes.inconclusive : exitCodes.pass;
}

function verdictsOf(view: View): unknown[] {
  switch (view.kind) {
    case 'table':
      return view.rows.flatMap(row => row.cells.map(cell => cell.verdict));
    case 'architecture':
      return [
        ...view.rows.flatMap(({ outputSize, cells }) => [outputSize, ...cells].map(cell => cell.verdict)),
        ...[...view.costs, ...view.compared].map(cost => cost.verdict),
      ];
    case 'figure':
      return [];
    case 'drawing':
      return view.networks.map(({ cost }) => cost.verdict);
  }
}

function reportTarget(view: View): TargetReport {
  const { name, profile, claims, deviations } = view;
  const common = { name, profile, claims, deviations };
  switch (view.kind) {
    case 'table':
      return { ...common, rows: rows(view) };
    case 'figure':
      return { ...common, curves: curves(view) };
    case 'architecture':
      return { ...common, layers: view.rows, costs: costs(view) };
    case 'drawing':
      return { ...common, costs: costs(view) };
  }
}

/** Cells by column, the measured ones with what was reproduced. */
function rows({ rows, columns }: TableView) {
  return rows.map(({ label, cells }) => ({
    label,
    cells: Object.fromEntries(
      cells.map(({ published, ours, evaluated, count, residual, verdict, note }, i) => [
        columns[i]!.key,
        { published, reproduced: ours ?? count, ...(evaluated && { evaluated }), residual, verdict, note },
      ]),
    ),
  }));
}

/** The last point of each line, published and reproduced. */
function curves({ panels }: FigureView) {
  return panels.flatMap(({ title, lines }) => {
    const names = [...new Set(lines.map(({ label, kind }) => JSON.stringify([label, kind])))];
    return names.map(name => {
      const [label, kind] = JSON.parse(name) as [string, string];
      const end = (source: 'ours' | 'published') => {
        const line = lines.find(line => line.label === label && line.kind === kind && line.source === source);
        return line?.points.at(-1) ?? null;
      };
      const seeds =
        lines.find(line => line.label === label && line.kind === kind && line.source === 'ours')?.seeds ?? 0;
      return { panel: title, label, kind, published: end('published'), reproduced: end('ours'), seeds };
    });
  });
}

/** Published and computed multiply-adds, and parameters. */
function costs(view: ArchitectureView | DrawingView) {
  const shown =
    view.kind === 'architecture' ? [...view.costs, ...view.compared] : view.networks.map(({ cost }) => cost);
  return shown.map(({ label, published, counts, multiplyAdds, parameters, residual, printed, verdict }) => ({
    label,
    published,
    counts,
    multiplyAdds,
    parameters,
    residual,
    printed,
    verdict,
  }));
}

function outcomeOf(
  { key, state }: PlannedRun | PlannedEvaluation,
  { outcomes, failures, interrupted }: ExecutionResult,
): Outcome {
  if (state.is === 'recorded') return 'recorded';
  const outcome = outcomes.get(key);
  if (outcome) return outcome;
  if (failures.some(failure => failure.key === key)) return 'failed';
  return interrupted ? 'interrupted' : 'not started';
}
