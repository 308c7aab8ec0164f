import type {
  CurveKind,
  FigureCurve,
  FigurePanel,
  NetworkPlan,
  PublishedCurve,
  Target,
} from '../manifest/types.ts';
import type { RunRecord, RunResult } from '../record/types.ts';
import { mean } from './sample.ts';
import { planOf } from './table.ts';
import type { LineView, MissingCurve, PanelView } from './types.ts';

/** A line needs two points to be seen. */
const fewestPoints = 2;

type Points = LineView['points'];

/** Panels of a figure: published lines first, so that ours are drawn over them. */
export function viewPanels(target: Target, records: ReadonlyMap<string, RunRecord[]>): PanelView[] {
  return target.panels.map(panel => viewPanel(target, panel, records));
}

function viewPanel(target: Target, panel: FigurePanel, records: ReadonlyMap<string, RunRecord[]>): PanelView {
  const lines: LineView[] = panel.curves.flatMap(curve => publishedLines(panel.shows, curve));
  const missing: MissingCurve[] = [];
  const drawn: NetworkPlan[] = [];
  for (const curve of panel.curves) {
    const plan = planOf(target, curve.network);
    const runs = records.get(curve.network) ?? [];
    const ours = panel.shows.flatMap(kind => ourLine(kind, curve.label, plan, runs));
    lines.push(...ours);
    if (ours.length > 0) drawn.push(plan);
    if (ours.length < panel.shows.length) missing.push(absence(curve, plan, runs, panel.shows, ours));
  }
  return {
    title: panel.title,
    x: { ...panel.x, label: xLabel(panel, drawn) },
    y: panel.y,
    lines,
    missing,
  };
}

function publishedLines(shows: readonly CurveKind[], { label, published }: FigureCurve): LineView[] {
  return shows.flatMap(kind => {
    const curve: PublishedCurve | undefined = published[kind];
    if (!curve) return [];
    return [{ label, kind, source: 'published', points: curve.points.map(([x, y]) => ({ x, y })), seeds: 1 }];
  });
}

function ourLine(kind: CurveKind, label: string, plan: NetworkPlan, runs: readonly RunRecord[]): LineView[] {
  const points = pointsOf(
    kind,
    plan,
    runs.map(({ result }) => result),
  );
  return points.length < fewestPoints ? [] : [{ label, kind, source: 'ours', points, seeds: runs.length }];
}

function pointsOf(kind: CurveKind, plan: NetworkPlan, results: readonly RunResult[]): Points {
  if (results.length === 0) return [];
  if (kind === 'train' || kind === 'test') return errorPoints(kind, plan, results);
  const responses = results.flatMap(({ responses }) => (responses ? [responses.map(({ std }) => std)] : []));
  if (responses.length < results.length) return [];
  const ordered = kind === 'sorted' ? responses.map(stds => stds.toSorted((a, b) => b - a)) : responses;
  return ordered[0]!.map((_, i) =>
    point(
      i + 1,
      ordered.map(stds => stds[i]!),
    ),
  );
}

/** Error (%) over iterations in units of 1e4, stretched so that our last iteration stands at the paper's last. */
function errorPoints(kind: 'train' | 'test', plan: NetworkPlan, results: readonly RunResult[]): Points {
  const stretch = plan.paper.schedule.iterations / plan.spec.schedule.iterations;
  const curves = results.map(({ curve }) => curve[kind]);
  return curves[0]!.map(({ iteration }, i) =>
    point(
      Number(((iteration * stretch) / 1e4).toPrecision(12)),
      curves.map(curve => curve[i]!.error),
    ),
  );
}

/** Mean over seeds, and the span of the seeds where there are several. */
function point(x: number, values: readonly number[]): Points[number] {
  if (values.length === 1) return { x, y: values[0]! };
  return { x, y: mean(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Says so when our iterations are not the paper's: `iter. (1e4), ours: 800 iterations stretched`. */
function xLabel(panel: FigurePanel, drawn: readonly NetworkPlan[]): string {
  const overIterations = panel.shows.some(kind => kind === 'train' || kind === 'test');
  const scaled = drawn.filter(({ spec, paper }) => spec.schedule.iterations !== paper.schedule.iterations);
  if (!overIterations || scaled.length === 0) return panel.x.label;
  const counts = new Map<number, string[]>();
  for (const { name, spec } of scaled) {
    counts.set(spec.schedule.iterations, [...(counts.get(spec.schedule.iterations) ?? []), name]);
  }
  const alike = counts.size === 1 && scaled.length === drawn.length;
  const told = [...counts].map(([count, names]) => (alike ? `${count}` : `${count} (${names.join(', ')})`));
  return `${panel.x.label}, ours: ${told.join(', ')} iterations stretched`;
}

function absence(
  { label }: FigureCurve,
  plan: NetworkPlan,
  runs: readonly RunRecord[],
  shows: readonly CurveKind[],
  ours: readonly LineView[],
): MissingCurve {
  if (runs.length === 0) return { label, what: 'not-run', why: plan.notRun ?? 'no finished run' };
  const absent = shows.filter(kind => !ours.some(line => line.kind === kind));
  const names = absent.map(kind => (kind === 'train' ? 'training' : kind));
  const what = `no ${names.join(' or ')} curve`;
  return { label, what, why: `its ${plan.spec.schedule.iterations} iterations recorded no two points` };
}
