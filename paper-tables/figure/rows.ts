import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';

/** A row of panels, in the order of the figure. */
export interface PanelRow {
  /** With the lines that stand in this row. */
  panels: PanelView[];
  /** The same panels with all of their lines, which one legend explains. */
  whole: PanelView[];
  /** Whether its y axes fit what is drawn, instead of being the paper's. */
  fitted: boolean;
  /** Whether curves are explained below it. */
  legend: boolean;
}

/**
 * The rows of a figure. What was not run under the paper's own protocol is not set on one axis with the paper's curves:
 * theirs stand above ours, each on axes of its own, so that shapes are compared and values are not.
 */
export function rowsOf(view: FigureView): PanelRow[] {
  const { panels } = view;
  if (!isApart(view)) return [{ panels, whole: panels, fitted: false, legend: true }];
  return [
    { panels: panels.map(paperPart), whole: panels, fitted: false, legend: false },
    { panels: panels.map(ourPart), whole: panels, fitted: true, legend: true },
  ];
}

/** Whether there is nothing to be drawn or said of a panel: its place in the row is left blank. */
export function isBlank({ lines, missing }: PanelView): boolean {
  return lines.length === 0 && missing.length === 0;
}

/** Whether the paper's curves and ours stand in rows of their own. */
export function isApart({ faithful, panels }: FigureView): boolean {
  const lines = panels.flatMap(panel => panel.lines);
  return !faithful && linesOf(lines, 'ours').length > 0 && linesOf(lines, 'published').length > 0;
}

function paperPart(panel: PanelView): PanelView {
  const lines = linesOf(panel.lines, 'published');
  return { ...panel, title: `${panel.title}, paper`, lines, stretched: [], missing: [] };
}

function ourPart(panel: PanelView): PanelView {
  const lines = linesOf(panel.lines, 'ours');
  const ours = { ...panel, title: `${panel.title}, ours`, lines };
  const drawn = new Set(lines.map(({ network }) => network.name));
  const [only, ...others] = panel.stretched;
  // Networks whose trainings are not of one length stay stretched to the paper's.
  if (!only || others.length > 0 || only.networks.length < drawn.size) return ours;
  return onOwnIterations(ours);
}

/** A panel whose lines stand at their own iterations instead of at the paper's that they are stretched to. */
function onOwnIterations(panel: PanelView): PanelView {
  const { at, x } = panel.lines[0]!.points[0]!;
  const scaled = (value: number) => Number(((value * at) / x).toPrecision(6));
  const { domain } = panel.x;
  return {
    ...panel,
    x: { label: 'iterations', ...(domain && { domain: [scaled(domain[0]), scaled(domain[1])] }) },
    stretched: [],
    lines: panel.lines.map(line => ({
      ...line,
      points: line.points.map(point => ({ ...point, x: point.at })),
    })),
  };
}

function linesOf(lines: readonly LineView[], source: LineView['source']): LineView[] {
  return lines.filter(line => line.source === source);
}
