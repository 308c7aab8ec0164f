import type { LineView, PanelView } from '../harness/aggregate/types.ts';
import { xDomain, yDomain } from './domain.ts';
import type { Typeface } from './glyphs.ts';
import { missingTexts } from './wording.ts';

/** A panel without data: a Vega-Lite layer specification whose domains, colours and dashes are still open. */
export interface PanelTemplate {
  width: number;
  height: number;
  encoding: Encoding;
  layer: { encoding: Encoding }[];
}

type Encoding = Readonly<Record<string, { field?: string }>>;

/** Okabe and Ito (2008), made for colour-blind readers; without their yellow, too faint for lines on white. */
const palette = ['#0072B2', '#D55E00', '#009E73', '#E69F00', '#000000', '#CC79A7', '#56B4E9'];

/** Sizes of axis titles and of the line below a panel's title, as in figure-style.json. */
const fontSize = { axisTitle: 13, subtitle: 12 };

/** Room for the axis beside a panel that its title may be spread over, pixels. */
const overhang = 20;

/**
 * A panel's specification: the template with the panel's data, texts, domains and colours. Curves of one depth have
 * one colour in all panels of a figure, as in the paper; where families share a panel, the first is dashed.
 */
export function panelSpec(
  template: PanelTemplate,
  panel: PanelView,
  panels: readonly PanelView[],
  typeface: Typeface,
): object {
  const width = template.width + overhang;
  const missing = missingTexts(panel.missing, false).flatMap(text =>
    broken(text, width, fontSize.subtitle, typeface),
  );
  const labels = unique((sharesLegend(template) ? panels : [panel]).flatMap(labelsOf));
  const completed = (encoding: Encoding) => withLabels(encoding, labels, panels);
  const { x, y, ...others } = completed(template.encoding);
  return {
    ...template,
    title: { text: panel.title, ...(missing.length > 0 ? { subtitle: missing } : {}) },
    data: { values: panel.lines.flatMap(rowsOf) },
    encoding: {
      x: {
        ...x,
        scale: scale(xDomain(panel)),
        title: broken(panel.x.label, width, fontSize.axisTitle, typeface),
      },
      y: { ...y, scale: scale(yDomain(panel, panels)), title: panel.y.label },
      ...others,
    },
    layer: template.layer.map(layer => ({ ...layer, encoding: completed(layer.encoding) })),
  };
}

/** Whether dashes tell families apart; all panels then have one legend, else each has its own. */
export function sharesLegend({ layer }: PanelTemplate): boolean {
  return layer.some(({ encoding }) => encoding.strokeDash?.field === 'label');
}

/** What a line is called in the legend of styles. */
function styleOf({ kind, source }: LineView): string {
  const who = source === 'ours' ? 'ours' : 'paper';
  if (kind === 'train') return `${who}, training`;
  return kind === 'test' ? `${who}, test` : who;
}

function scale(domain: readonly [number, number]): object {
  return { domain, nice: false, zero: false };
}

function rowsOf(line: LineView): object[] {
  const { label, kind, source, points } = line;
  return points.map(point => ({ label, kind, source, style: styleOf(line), ...point }));
}

/** Gives the channels that show a curve's label their domain and range. */
function withLabels(encoding: Encoding, labels: readonly string[], panels: readonly PanelView[]): Encoding {
  const ranges: Record<string, () => readonly unknown[]> = {
    color: () => colours(labels, panels),
    strokeDash: () => dashes(labels),
  };
  const entries = Object.entries(encoding).map(([channel, definition]) => {
    const range = definition.field === 'label' ? ranges[channel]?.() : undefined;
    return [channel, range ? { ...definition, scale: { domain: labels, range } } : definition];
  });
  return Object.fromEntries(entries) as Encoding;
}

/** One colour for each depth of the figure, in order of appearance. */
function colours(labels: readonly string[], panels: readonly PanelView[]): string[] {
  const depths = unique(panels.flatMap(labelsOf).map(depthOf));
  return labels.map(label => palette[depths.indexOf(depthOf(label)) % palette.length]!);
}

/** Dashed for the first of several families. */
function dashes(labels: readonly string[]): number[][] {
  const families = unique(labels.map(familyOf));
  return labels.map(label => (families.length > 1 && familyOf(label) === families[0] ? [5, 3] : [1, 0]));
}

function labelsOf({ lines }: PanelView): string[] {
  return lines.map(({ label }) => label);
}

/** `56` of `plain-56`, `20` of `20-layer`. */
function depthOf(label: string): string {
  return label.match(depth)?.[0] ?? label;
}

/** What remains of `plain-56` without its depth. */
function familyOf(label: string): string {
  return label.replace(depth, '');
}

const depth = /\d+/;

/** Breaks a text into lines no wider than `limit` pixels. */
function broken(text: string, limit: number, size: number, typeface: Typeface): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && typeface.width(longer, size, false) <= limit) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
