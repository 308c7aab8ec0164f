import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import type { Line } from '../../harness/tasks/task.ts';
import type { Typeface } from '../glyphs.ts';
import { wrapped } from '../text.ts';
import { xDomain, yDomain } from './domain.ts';
import type { PanelRow } from './rows.ts';
import { isMain, labelsOf, type Styles, styleName, stylesOf } from './styles.ts';
import { endsElsewhere, missingTexts, xLabel } from './wording.ts';

/** A panel without data: a Vega-Lite layer specification whose domains, colours and dashes are still open. */
export interface PanelTemplate {
  width: number;
  height: number;
  encoding: Encoding;
  layer: { encoding: Encoding }[];
}

type Encoding = Readonly<Record<string, { field?: string; legend?: object }>>;

/** Sizes of axis titles and of the line below a panel's title, as in style.json. */
const fontSize = { axisTitle: 13, subtitle: 12 };

/** Room for the axis beside a panel that its title may be spread over, pixels. */
const overhang = 20;

/** What the lines of a panel are counted by; a panel without lines is as one over iterations. */
export function overOf({ lines }: PanelView, shows: FigureView['shows']): Line['over'] {
  return lines.some(({ line }) => shows[line]!.over === 'layers') ? 'layers' : 'iterations';
}

/** Whether all panels of a figure share one legend: over layers, where dashes tell families apart. */
export function sharesLegend({ panels, shows }: FigureView): boolean {
  return panels.some(panel => overOf(panel, shows) === 'layers');
}

/** The specification of the panel at a place in a row: the template with its data, texts, domains and colours. */
export function panelSpec(
  template: PanelTemplate,
  view: FigureView,
  row: PanelRow,
  place: number,
  typeface: Typeface,
): object {
  const panel = row.panels[place]!;
  const broken = (text: string, size: number) =>
    wrapped(text, {
      limit: template.width + overhang,
      width: line => typeface.width(line, size, false),
    });
  const missing = missingTexts(panel, view, false).flatMap(text => broken(text, fontSize.subtitle));
  const styles = stylesOf(view, labelsOf(sharesLegend(view) ? view.panels : [row.whole[place]!]));
  const explained = row.legend || sharesLegend(view);
  const { x, y, ...others } = withScales(template.encoding, styles, explained);
  return {
    ...template,
    title: { text: panel.title, ...(missing.length > 0 ? { subtitle: missing } : {}) },
    data: { values: panel.lines.flatMap(line => pointsOf(line, view)) },
    encoding: {
      x: { ...x, scale: scale(xDomain(panel)), title: broken(xLabel(panel), fontSize.axisTitle) },
      y: { ...y, scale: scale(yDomain(panel, row, view.shows)), title: panel.y.label },
      ...others,
    },
    layer: template.layer.map(layer => ({
      ...layer,
      encoding: withScales(layer.encoding, styles, explained),
    })),
  };
}

function scale(domain: readonly [number, number]): object {
  return { domain, nice: false, zero: false };
}

function pointsOf({ label, line, source, points }: LineView, view: FigureView): object[] {
  const style = styleName(view, line, source);
  const main = isMain(view, line);
  return points.map(({ at: _, images: __, ...point }, i) => {
    const hollow = source === 'ours' && i === points.length - 1 && endsElsewhere(points);
    return { label, style, main, ...point, ...(hollow && { hollow }) };
  });
}

/** Gives the channels that show a curve's label or style their domain and range, and leaves out legends that say nothing. */
function withScales(encoding: Encoding, styles: Styles, explained: boolean): Encoding {
  const entries = Object.entries(encoding).map(([channel, definition]) => {
    const { field } = definition;
    if (field !== 'label' && field !== 'style') return [channel, definition];
    const scales: Readonly<Record<string, { domain: string[]; range: unknown[] }>> = styles[field];
    const scale = scales[channel];
    if (!scale) return [channel, definition];
    const silent = field === 'label' ? !explained : scale.domain.length < 2;
    return [
      channel,
      { ...definition, scale: { type: 'ordinal', ...scale }, ...(silent && { legend: null }) },
    ];
  });
  return Object.fromEntries(entries) as Encoding;
}
