import { readFileSync } from 'node:fs';
import type { Config, TopLevelSpec } from 'vega-lite';
import type { FigureView } from '../harness/aggregate/types.ts';
import { loadTypeface, outlineTexts, type Typeface } from './glyphs.ts';
import { type PanelTemplate, panelSpec, sharesLegend } from './panel.ts';

/** Draws a figure as SVG, texts as outlines. The same view gives the same bytes. */
export async function drawFigure(view: FigureView): Promise<string> {
  const typeface = await loadTypeface();
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  measureWith(typeface, vega.textMetrics);
  vega.resetSVGDefIds();
  const { spec } = compile(figureSpec(view, typeface));
  const drawing = new vega.View(vega.parse(spec), { renderer: 'none' });
  const svg = await drawing.toSVG();
  drawing.finalize();
  return `${rounded(outlineTexts(svg, typeface))}\n`;
}

/** An SVG drawn by `drawFigure` as PNG, at twice its size. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const image = new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 }, font: { loadSystemFonts: false } });
  return image.render().asPng();
}

/** Panels of error curves stand side by side, panels over layers one above the other, as in the paper. */
function figureSpec({ panels }: FigureView, typeface: Typeface): TopLevelSpec {
  const overLayers = panels.some(({ lines }) =>
    lines.some(({ kind }) => kind === 'original' || kind === 'sorted'),
  );
  const template = readJson<PanelTemplate>(overLayers ? 'figure-layers.vl.json' : 'figure-curves.vl.json');
  return {
    config: readJson<Config>('figure-style.json'),
    [overLayers ? 'vconcat' : 'hconcat']: panels.map(panel => panelSpec(template, panel, panels, typeface)),
    resolve: { scale: { color: sharesLegend(template) ? 'shared' : 'independent' } },
  } as unknown as TopLevelSpec;
}

/** Lays texts out by the widths they are drawn with. */
function measureWith(typeface: Typeface, textMetrics: typeof import('vega').textMetrics): void {
  textMetrics.width = (item, text) =>
    typeface.width(String(text ?? ''), item.fontSize ?? 11, item.fontWeight === 'bold');
}

/** Hundredths of a pixel are enough: shorter, and free of the last digits in which machines may differ. */
function rounded(svg: string): string {
  return svg.replace(/-?\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2)) + 0));
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
