import type { FigureView, PanelView } from '../../harness/aggregate/types.ts';
import type { PanelRow } from './rows.ts';

/** Part of a training whose errors may lie above the panel, as the paper's own curves do at first. */
const descent = 0.25;

type Domain = readonly [number, number];

/**
 * The domain of a panel's x axis: the paper's, grown to where our lines end; without one, from 0 to the end of all
 * lines. What lies before it is left out, as Figure 6 (right) leaves out the first 3.5e4 iterations.
 */
export function xDomain({ lines, x }: PanelView): Domain {
  const shown = x.domain ? lines.filter(({ source }) => source === 'ours') : lines;
  const ends = shown.flatMap(({ points }) => points.map(({ x }) => x));
  return [x.domain?.[0] ?? 0, Math.max(x.domain?.[1] ?? 1, ...ends)];
}

/**
 * The domain of a panel's y axis: the paper's, which stays visible whole, grown to where our lines lie; in a fitted row
 * what the lines need. Panels that have one domain in the paper have one here, so that they can be compared.
 */
export function yDomain(panel: PanelView, { panels, fitted }: PanelRow, shows: FigureView['shows']): Domain {
  const { domain } = panel.y;
  const alike = panels.filter(({ y }) => y.domain?.[0] === domain?.[0] && y.domain?.[1] === domain?.[1]);
  const values = alike.flatMap(each => valuesOf(each, fitted || !domain, shows));
  const [bottom, top] = fitted && values.length > 0 ? [Infinity, -Infinity] : (domain ?? [0, 0]);
  const low = Math.min(bottom, ...values);
  const high = Math.max(top, ...values);
  return [low < bottom ? even(low, Math.floor) : bottom, high > top ? even(high, Math.ceil) : top];
}

/** What must be visible: all lines, or where the axis is the paper's only ours. */
function valuesOf(panel: PanelView, all: boolean, shows: FigureView['shows']): number[] {
  const [from, to] = xDomain(panel);
  return panel.lines
    .filter(({ source }) => all || source === 'ours')
    .flatMap(({ line, points }) => {
      const settled = shows[line]!.over === 'iterations' ? from + descent * (to - from) : from;
      return points.filter(({ x }) => x >= settled).flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
    });
}

/** The next value, up or down, that a person would end an axis at: 53 becomes 55 upwards, 0.47 becomes 0.45 downwards. */
function even(value: number, round: (value: number) => number): number {
  if (value === 0) return 0;
  const step = 10 ** Math.floor(Math.log10(Math.abs(value))) / 2;
  return Number((round(value / step) * step).toPrecision(6));
}
