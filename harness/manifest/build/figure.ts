import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { Line, Task } from '../../tasks/task.ts';
import type { Path } from '../files/problems.ts';
import type { CurvesFile } from '../schemas/curves.ts';
import type { FigureFile } from '../schemas/manifest.ts';
import type { Source } from '../source.ts';
import type { FigureCurve, FigurePanel, FigureTarget, PublishedCurve } from '../types.ts';
import { claimsShown } from './claims.ts';
import { checkTwice, commonOf, networkNamed, networksShown, type Parts } from './parts.ts';
import { publishedFigure, unpublished } from './published.ts';

/** Puts a figure together from its manifest and what was digitised of it. `curves`: curves.json. */
export function figureTarget(
  file: FigureFile,
  parts: Parts,
  curves: Source<CurvesFile>,
): FigureTarget | null {
  const head = publishedFigure(file.published, parts);
  if (!head) return null;
  const titles = file.panels.map(({ title }) => title);
  checkTwice(titles, 'the panel', i => ['panels', i], parts);
  const panels = file.panels.map((panel, i) => figurePanel(panel, ['panels', i], file, curves, parts));
  const told = claimsShown(file.claims, parts);
  const drawn = panels.flatMap(panel => panel.curves.map(({ network }) => network));
  const shown = new Set([...drawn, ...told.networks]);
  return {
    ...commonOf(file.assumptions, head, parts),
    kind: 'figure',
    task: parts.protocol.data.task,
    protocol: file.protocol,
    panels,
    networks: networksShown(shown, parts),
    claims: told.claims,
    argument: parts.argument,
    tolerances: parts.protocol.data.tolerances,
    family: parts.family,
  };
}

function figurePanel(
  { title, shows, x, y, curves: drawn }: FigureFile['panels'][number],
  path: Path,
  { published }: FigureFile,
  curves: Source<CurvesFile>,
  parts: Parts,
): FigurePanel {
  const figure = own(curves.data.figures, published);
  if (!figure) {
    const message = unpublished(`figures.${published}`, published, curves.data.figures, curves);
    parts.problems.add(parts.manifest, ['published'], message);
  }
  checkLines(shows, [...path, 'shows'], parts);
  checkDomain(x.domain, [...path, 'x', 'domain'], parts);
  checkDomain(y.domain, [...path, 'y', 'domain'], parts);
  const labels = drawn.map(({ label }) => label);
  checkTwice(labels, 'the curve', i => [...path, 'curves', i], parts);
  const curve = ({ label, network, published: key = network }: (typeof drawn)[number], i: number) => {
    const at = [...path, 'curves', i];
    networkNamed(network, [...at, 'network'], parts);
    const lines = figure ? publishedLines(key, shows, at, { published, figure, curves }, parts) : {};
    return { label, network, published: lines } satisfies FigureCurve;
  };
  return { title, shows, x, y, curves: drawn.map(curve) };
}

/** The lines of a panel are of the task, and share its axis. */
function checkLines(shows: readonly string[], path: Path, { manifest, task, problems }: Parts): void {
  const known = Object.keys(task.lines);
  shows.forEach((name, i) => {
    if (own(task.lines, name)) return;
    const message = unknownName('line', name, known, ` in the task ${task.id}`);
    problems.add(manifest, [...path, i], message);
  });
  const over = new Set(shows.flatMap(name => own(task.lines, name)?.over ?? []));
  if (over.size > 1)
    problems.add(
      manifest,
      path,
      `${shows.join(' and ')} are over ${[...over].join(' and ')}, expected one axis`,
    );
}

function checkDomain(
  domain: readonly [number, number] | undefined,
  path: Path,
  { manifest, problems }: Parts,
): void {
  if (domain && domain[0] >= domain[1])
    problems.add(manifest, path, `expected a lower and a higher number, received [${domain.join(', ')}]`);
}

/** The published curves by line, as far as the panel shows them. */
function publishedLines(
  key: string,
  shows: readonly string[],
  path: Path,
  {
    published,
    figure,
    curves,
  }: { published: string; figure: CurvesFile['figures'][string]; curves: Source<CurvesFile> },
  { manifest, task, problems }: Parts,
): Record<string, PublishedCurve> {
  const what = `figures.${published}["${key}"]`;
  const drawn = own(figure, key);
  if (!drawn) problems.add(manifest, path, unpublished(what, key, figure, curves));
  const lines: Record<string, PublishedCurve> = {};
  for (const name of drawn ? shows : []) {
    const known = own(task.lines, name);
    const line = own(drawn!, known?.sorted ? unsorted(known, task) : name);
    if (line) lines[name] = publishedCurve(line, known?.sorted ?? false);
    else if (known) problems.add(manifest, path, unpublished(`${what}.${name}`, name, drawn!, curves));
  }
  return lines;
}

/** The line that has the same values in their own order. */
function unsorted({ curve, value }: Line, { lines }: Task): string {
  const found = Object.entries(lines).find(
    ([, line]) => !line.sorted && line.curve === curve && line.value === value,
  );
  return found?.[0] ?? '';
}

/** As it was read, or its values in descending order at the places of its points. */
function publishedCurve(
  { page, unit, points, missing }: CurvesFile['figures'][string][string][string],
  sorted: boolean,
): PublishedCurve {
  const values = points.map(([, y]) => y).sort((a, b) => b - a);
  const shown = sorted ? points.map(([x], i) => [x, values[i]!] as const) : points;
  return { page, unit, points: shown, ...(missing && { missing }) };
}
