import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import { nothing, number } from '../numbers.ts';
import { listLines, pageText } from '../page-text.ts';
import { sparkline } from '../sparkline.ts';
import { paint, plainText, type TextOptions } from '../terminal.ts';
import { type Column, fitted, type Layout } from '../text.ts';
import { figurePage } from './page.ts';

/** Characters of a curve. */
const sparkWidth = 8;

/** A figure for a terminal: the course of its lines and where they end, and what is not drawn. */
export function figureText(view: FigureView, options: TextOptions = plainText): string {
  const page = figurePage(view);
  const panels = view.panels.flatMap((panel, i) => [
    ...(i > 0 ? [''] : []),
    paint(panel.title, 'bold', options),
    ...fitted([layoutOf(panel, view.shows, true), layoutOf(panel, view.shows, false)], options.width),
  ]);
  const missing = page.missing.length > 0 ? ['', ...listLines('Not drawn', page.missing, options)] : [];
  const seeds = view.panels.some(({ lines }) => lines.some(line => line.source === 'ours'));
  const legend = seeds ? ['ours: mean over seeds, their number in parentheses.'] : [];
  return pageText(view, page, { lines: [...panels, ...missing], legend, verdicts: [] }, options);
}

/** A row for each curve; the paper's and ours stay together. */
function layoutOf({ lines }: PanelView, shows: FigureView['shows'], drawn: boolean): Layout {
  const labels = [...new Set(lines.map(({ label }) => label))];
  const kinds = [...new Set(lines.map(({ line }) => line))];
  const column = (kind: string, source: LineView['source']): Column => {
    const { short, over } = shows[kind]!;
    const cells = labels.map(label => {
      const found = lines.find(each => each.label === label && each.line === kind && each.source === source);
      return found ? courseText(found, over, drawn) : nothing;
    });
    return { label: `${short}, ${source === 'ours' ? 'ours' : 'paper'}`, align: 'right', cells };
  };
  return {
    names: [{ label: '', align: 'left', cells: labels }],
    groups: kinds.map(kind => [column(kind, 'published'), column(kind, 'ours')]),
  };
}

/** `█▅▃▁ → 8.75 (3)`; over layers, where the last one is no result, `2.07 to 2.32`. The paper's first errors are cut off. */
function courseText({ points, seeds, source }: LineView, over: string, drawn: boolean): string {
  const [first, last] = [points[0]!.y, points.at(-1)!.y];
  const ends = over === 'iterations' ? `→ ${number(last)}` : `${number(first)} to ${number(last)}`;
  const curve = drawn
    ? `${sparkline(
        points.map(({ y }) => y),
        sparkWidth,
      )} `
    : '';
  return `${curve}${ends}${source === 'ours' ? ` (${seeds})` : ''}`;
}
