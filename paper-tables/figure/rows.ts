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
 * theirs stand above ours, each on the axis that its values ask for, so that shapes are compared and values are not.
 */
export function rowsOf(view: FigureView): PanelRow[] {
  const { panels } = view;
  if (!isApart(view)) return [{ panels, whole: panels, fitted: false, legend: true }];
  const published = panels.filter(({ lines }) => linesOf(lines, 'published').length > 0);
  return [
    { panels: published.map(paperPart), whole: published, fitted: false, legend: false },
    { panels: panels.map(ourPart), whole: panels, fitted: true, legend: true },
  ];
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
  return { ...panel, title: `${panel.title}, ours`, lines: linesOf(panel.lines, 'ours') };
}

function linesOf(lines: readonly LineView[], source: LineView['source']): LineView[] {
  return lines.filter(line => line.source === source);
}
