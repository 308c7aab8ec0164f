import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import { isApart } from './rows.ts';

/** Values of a channel for each name in the legend. */
export interface Scale<T> {
  domain: string[];
  range: T[];
}

/** Channels that tell curves apart, and those that tell apart whose they are and what they show. */
export interface Styles {
  label: { color: Scale<string>; strokeDash: Scale<number[]> };
  style: { strokeWidth: Scale<number>; strokeDash: Scale<number[]> };
}

/**
 * Okabe and Ito (2008), made for colour-blind readers; without their yellows and sky blue, which are too faint for lines:
 * each of these has a contrast of 3:1 to white.
 */
export const palette = ['#0072B2', '#D55E00', '#009E73', '#8A5A00', '#000000', '#CC79A7', '#6A6A6A'];

const solid = [1, 0];

/** Lines that stand behind others are thinner or have more gaps, never paler. */
const looks = {
  front: { main: { width: 2.4, dash: solid }, other: { width: 1.1, dash: [4, 2.5] } },
  behind: { main: { width: 1, dash: solid }, other: { width: 1, dash: [1, 2.5] } },
} as const satisfies Record<string, Record<string, { width: number; dash: number[] }>>;

/** How the lines of a figure are drawn. `labels`: those that one legend explains. */
export function stylesOf(view: FigureView, labels: readonly string[]): Styles {
  const kinds = kindsOf(view);
  const domain = [...labels];
  const colours = coloursOf(view);
  const names = kinds.map(kind => styleName(view, kind.line, kind.source));
  return {
    label: {
      color: { domain, range: labels.map(label => colours.get(label)!) },
      strokeDash: { domain, range: labels.map(label => familyDash(view, label)) },
    },
    style: {
      strokeWidth: { domain: names, range: kinds.map(({ width }) => width) },
      strokeDash: { domain: names, range: kinds.map(({ dash }) => dash) },
    },
  };
}

/** What a line is called in the legend of styles: whose it is where rows do not say so, and what it shows where that varies. */
export function styleName(view: FigureView, line: string, source: LineView['source']): string {
  const { short } = view.shows[line]!;
  if (isApart(view)) return showsSeveral(view) ? short : '';
  const what = showsSeveral(view) ? `, ${short}` : '';
  return source === 'ours' ? `ours${what}` : `paper${what}`;
}

/** The line that is drawn boldest, with the span of its seeds: the last of what a panel shows, as tests come after training. */
export function isMain(view: FigureView, line: string): boolean {
  return !showsSeveral(view) || Object.keys(view.shows).at(-1) === line;
}

/** Labels of the curves of panels, in order of appearance. */
export function labelsOf(panels: readonly PanelView[]): string[] {
  return [...new Set(panels.flatMap(({ lines }) => lines.map(({ label }) => label)))];
}

interface Kind {
  line: string;
  source: LineView['source'];
  width: number;
  dash: number[];
}

/** Ours before the paper's, the main line first. */
function kindsOf(view: FigureView): Kind[] {
  const lines = Object.keys(view.shows).reverse();
  const apart = isApart(view);
  const all = (['ours', 'published'] as const).flatMap(source =>
    lines.map((line): Kind => {
      const place = source === 'published' && !apart ? looks.behind : looks.front;
      return { line, source, ...(isMain(view, line) ? place.main : place.other) };
    }),
  );
  const named = new Map(all.map(kind => [styleName(view, kind.line, kind.source), kind]));
  return [...named.values()];
}

/** Whether any panel shows more than one thing, so that the legend has to tell them apart. */
function showsSeveral({ panels }: FigureView): boolean {
  return panels.some(({ lines }) => new Set(lines.map(({ line }) => line)).size > 1);
}

/**
 * A colour for each label: networks of one depth have one colour in all panels, as in the paper, unless that would leave
 * two curves of a panel alike; then every label has its own.
 */
function coloursOf(view: FigureView): Map<string, string> {
  const lines = view.panels.flatMap(panel => panel.lines);
  const groups = new Map(
    lines.map(line => [line.label, tellsApart(view) ? `${line.network.depth}` : line.label]),
  );
  const order = [...new Set(groups.values())];
  return new Map(
    [...groups].map(([label, group]) => [label, palette[order.indexOf(group) % palette.length]!]),
  );
}

/** Whether depth, and over layers the family's dashes, tell the curves of every panel apart. */
function tellsApart({ panels, shows }: FigureView): boolean {
  return panels.every(({ lines }) => {
    const looks = new Map(
      lines.map(({ label, line, network: { depth, family } }) => {
        return [label, shows[line]!.over === 'layers' ? `${depth} ${family}` : `${depth}`];
      }),
    );
    return new Set(looks.values()).size === looks.size;
  });
}

/** Where families share a figure, curves of the first are dashed. */
function familyDash({ panels }: FigureView, label: string): number[] {
  const lines = panels.flatMap(panel => panel.lines);
  const families = [...new Set(lines.map(({ network }) => network.family))];
  const own = lines.find(line => line.label === label)!.network.family;
  return families.length > 1 && own === families[0] ? [5, 3] : solid;
}
