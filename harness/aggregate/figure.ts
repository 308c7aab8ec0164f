import { depth, networkName } from '../../ml/nets/spec.ts';
import type { FigureCurve, FigurePanel, FigureTarget, NetworkConfig } from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import type { CurvePoint, Line } from '../tasks/task.ts';
import { codeBasis } from './provenance.ts';
import { type Runs, type Training, trainingsOf } from './runs.ts';
import { mean } from './sample.ts';
import { configOf } from './table.ts';
import type { FigureView, LineView, NetworkGroup, PanelView } from './types.ts';

/** A line needs two points to be seen. */
const fewestPoints = 2;

type Points = LineView['points'];

/** What the lines of a figure are, in the order they are first shown. */
export function viewLines({ task, panels }: FigureTarget): FigureView['shows'] {
  const names = new Set(panels.flatMap(({ shows }) => shows));
  return Object.fromEntries(
    [...names].map(name => {
      const { short, name: words, unit, over } = taskOf(task).lines[name]!;
      return [name, { short, name: words, unit, over }];
    }),
  );
}

/** Panels of a figure: published lines first, so that ours are drawn over them. */
export function viewPanels(target: FigureTarget, runs: Runs): PanelView[] {
  return target.panels.map(panel => viewPanel(target, panel, runs));
}

function viewPanel(target: FigureTarget, panel: FigurePanel, runs: Runs): PanelView {
  const { lines: kinds } = taskOf(target.task);
  const lines = panel.curves.flatMap(curve => publishedLines(target, panel, curve));
  const missing: PanelView['missing'] = [];
  for (const { label, network } of panel.curves) {
    const config = configOf(target, network);
    const records = trainingsOf(runs, network);
    if (config.token && records.length > 0) {
      const absence = { kind: 'token', network, reason: config.token.reason } as const;
      missing.push({ label, network, absence });
      continue;
    }
    const common = { label, source: 'ours', network: groupOf(config), seeds: records.length } as const;
    const absent: string[] = [];
    for (const line of panel.shows) {
      const points = pointsOf(kinds[line]!, panel, config, records);
      if (points.length < fewestPoints) absent.push(line);
      else lines.push({ ...common, line, points, code: codeBasis(records) });
    }
    if (absent.length > 0) missing.push({ label, network, absence: absenceOf(config, records, absent) });
  }
  const { title, x, y } = panel;
  return {
    title,
    x: { label: x.label, ...(x.domain && { domain: x.domain }) },
    y,
    stretched: stretchedIn(target, lines),
    lines,
    missing,
  };
}

function publishedLines(
  target: FigureTarget,
  { shows, x: { per } }: FigurePanel,
  curve: FigureCurve,
): LineView[] {
  const network = groupOf(configOf(target, curve.network));
  return shows.flatMap(line => {
    const published = own(curve.published, line);
    if (!published) return [];
    const points = published.points.map(([x, y]) => ({ at: rounded(x * (per ?? 1)), x, y, images: null }));
    const { missing } = published;
    const common = { label: curve.label, line, network, points, ...(missing && { missing }) };
    return [{ ...common, source: 'published', seeds: 1, code: null }];
  });
}

/** A network's family and depth, whatever it is called; under the paper's protocol, since profiles may cut networks down. */
function groupOf({ name, paper: { network } }: NetworkConfig): NetworkGroup {
  const layers = depth(network);
  return { name, family: networkName(network).replace(`-${layers}`, ''), depth: layers };
}

/** Where all runs have one, a point of the line: the mean over seeds, and their span where there are several. */
function pointsOf(
  line: Line,
  panel: FigurePanel,
  config: NetworkConfig,
  records: readonly Training[],
): Points {
  const curves = records.map(({ result }) => valuesOf(line, own(result.curves, line.curve) ?? []));
  const [first, ...others] = curves;
  if (!first) return [];
  const stretch = line.over === 'iterations' ? stretchOf(config) : 1;
  return first.flatMap(({ at, value }, i) => {
    const values = [value, ...others.flatMap(curve => (curve[i]?.at === at ? [curve[i].value] : []))];
    if (values.length < curves.length) return [];
    const place = { at, x: rounded((at * stretch) / (panel.x.per ?? 1)) };
    const images = line.imagesAt(config.spec, at);
    if (values.length === 1) return [{ ...place, y: value, images }];
    return [{ ...place, y: mean(values), low: Math.min(...values), high: Math.max(...values), images }];
  });
}

/** Free of the last digits, which a division leaves. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/** The values of a curve that a line shows; sorted, they take the places of the curve's points from the largest on. */
function valuesOf({ value, sorted }: Line, curve: readonly CurvePoint[]): { at: number; value: number }[] {
  const values = curve.flatMap(point => own<number>(point, value) ?? []);
  if (values.length < curve.length) return [];
  if (sorted) values.sort((a, b) => b - a);
  return curve.map(({ at }, i) => ({ at, value: values[i]! }));
}

/** So that our last iteration stands at the paper's last. */
function stretchOf({ paper, spec }: NetworkConfig): number {
  return paper.schedule.iterations / spec.schedule.iterations;
}

/** Networks among our lines over iterations whose number of iterations is not the paper's, by that number. */
function stretchedIn(target: FigureTarget, lines: readonly LineView[]): PanelView['stretched'] {
  const kinds = taskOf(target.task).lines;
  const drawn = lines.filter(({ source, line }) => source === 'ours' && kinds[line]!.over === 'iterations');
  const found = new Map<number, string[]>();
  for (const name of new Set(drawn.map(({ network }) => network.name))) {
    const config = configOf(target, name);
    if (stretchOf(config) === 1) continue;
    const { iterations } = config.spec.schedule;
    found.set(iterations, [...(found.get(iterations) ?? []), name]);
  }
  return [...found].map(([iterations, networks]) => ({ iterations, networks }));
}

function absenceOf(
  { skipped, spec }: NetworkConfig,
  records: readonly Training[],
  lines: string[],
): PanelView['missing'][number]['absence'] {
  if (records.length > 0) return { kind: 'no curve', lines, iterations: spec.schedule.iterations };
  return skipped ? { kind: 'skipped', reason: skipped.reason } : { kind: 'not finished' };
}
