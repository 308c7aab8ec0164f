import { readFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import type { FigureView } from '../../harness/aggregate/types.ts';
import type { Line } from '../../harness/tasks/task.ts';
import { loadTypeface, outlineTexts, type Typeface, titled } from '../glyphs.ts';
import { overOf, type PanelTemplate, panelSpec, sharesLegend } from './panel.ts';
import { rowsOf } from './rows.ts';
import { description } from './wording.ts';

/** Draws a figure as SVG, texts as outlines. The same view gives the same bytes. */
export async function drawFigure(view: FigureView): Promise<string> {
  const typeface = await loadTypeface();
  const title = `${view.heading} of the paper: ${view.title}`;
  return drawSpec(figureSpec(view, typeface), typeface, title, description(view));
}

/** Draws a specification as SVG, texts as outlines, with a title and a sentence that says what can be seen. */
export async function drawSpec(
  spec: object,
  typeface: Typeface,
  title: string,
  says: string,
): Promise<string> {
  const svg = rounded(outlineTexts(await plotFigure(spec, typeface), typeface));
  return titled(svg, title, says);
}

/** How figures look, whatever they show. */
export function figureStyle(): object {
  return readJson('style.json');
}

/** The Vega-Lite specification of a figure, with its data. */
export function figureSpec(view: FigureView, typeface: Typeface): object {
  const templates: Record<Line['over'], PanelTemplate> = {
    iterations: readJson('iterations.vl.json'),
    layers: readJson('layers.vl.json'),
  };
  const resolve = { scale: { color: sharesLegend(view) ? 'shared' : 'independent' } };
  const rows = rowsOf(view).map(row => {
    const specs = row.whole.map((panel, place) =>
      panelSpec(templates[overOf(panel, view.shows)], view, row, place, typeface),
    );
    return { [sharesLegend(view) ? 'vconcat' : 'hconcat']: specs, resolve };
  });
  return { config: figureStyle(), vconcat: rows, resolve };
}

/** Draws a specification as SVG with its texts as texts, laid out by the widths that the typeface gives them. */
export async function plotFigure(spec: object, typeface: Typeface): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  vega.textMetrics.width = (item, text) =>
    typeface.width(String(text ?? ''), item.fontSize ?? 11, item.fontWeight === 'bold');
  vega.resetSVGDefIds();
  const compiled = compile(spec as TopLevelSpec);
  const drawing = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  const svg = await drawing.toSVG();
  drawing.finalize();
  return rounded(`${svg}\n`);
}

/** Hundredths of a pixel are enough: shorter, and free of the last digits in which machines may differ. */
function rounded(svg: string): string {
  return svg.replace(/-?\d+\.\d{3,}/g, number => String(Number(Number(number).toFixed(2)) + 0));
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}
