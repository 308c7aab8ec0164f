import type { FigureView, PanelView } from '../../harness/aggregate/types.ts';
import type { PanelRow } from './rows.ts';

/** Part of a training whose errors may lie above the panel, as the paper's own curves do at first. */
const descent = 0.25;

/** A fitted axis that shows the descent too is at most so many times as long. */
const stretch = 2;

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
  const valuesAfter = (part: number) => alike.flatMap(each => valuesOf(each, fitted || !domain, shows, part));
  const [settled, all] = [valuesAfter(descent), valuesAfter(0)];
  const values = fitted && lengthOf(all) <= stretch * lengthOf(settled) ? all : settled;
  const [bottom, top] = fitted && values.length > 0 ? [Infinity, -Infinity] : (domain ?? [0, 0]);
  const low = Math.min(bottom, ...values);
  const high = Math.max(top, ...values);
  const length = fitted ? high - low : 0;
  const from = low < bottom ? even(low, length, Math.floor) : bottom;
  const to = high > top ? even(high, length, Math.ceil) : top;
  return from < to ? [from, to] : [from, from + (Math.abs(from) / 10 || 1)];
}

/** What must be visible of a panel: all lines, or where the axis is the paper's only ours; of trainings what comes after a part. */
function valuesOf(panel: PanelView, all: boolean, shows: FigureView['shows'], part: number): number[] {
  const [from, to] = xDomain(panel);
  return panel.lines
    .filter(({ source }) => all || source === 'ours')
    .flatMap(({ line, points }) => {
      const begin = shows[line]!.over === 'iterations' ? from + part * (to - from) : from;
      return points.filter(({ x }) => x >= begin).flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
    });
}

function lengthOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/**
 * The next value, up or down, that a person would end an axis of such a length at: 1.52 becomes 1.55 on one of 0.6, 53
 * becomes 55 on one of 40. Where no length is said it is that from 0.
 */
function even(value: number, length: number, round: (value: number) => number): number {
  const size = length || Math.abs(value);
  if (size === 0) return 0;
  const step = 10 ** Math.floor(Math.log10(size)) / 2;
  return Number((round(value / step) * step).toPrecision(6));
}
