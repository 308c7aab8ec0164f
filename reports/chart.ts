import { escapeXml } from '../paper-tables/escape.ts';
import { number } from '../paper-tables/numbers.ts';

/** A line of a chart: points [x, y], x ascending. */
export interface ChartLine {
  label: string;
  points: readonly (readonly [number, number])[];
}

const [width, height] = [640, 280];
const margin = { left: 48, right: 140, top: 12, bottom: 36 };

/** Lines over a common axis as SVG that takes its colours from the page: real text, and in words where each line ends. */
export function chart(lines: readonly ChartLine[], axes: { x: string; y: string }): string {
  const all = lines.flatMap(({ points }) => points);
  const [x, y] = [rangeOf(all.map(([at]) => at)), rangeOf(all.map(([, value]) => value))];
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const atX = (value: number) => margin.left + ((value - x.low) / (x.high - x.low)) * (right - margin.left);
  const atY = (value: number) => bottom - ((value - y.low) / (y.high - y.low)) * (bottom - margin.top);
  const label = lines
    .map(({ label, points }) => `${label} ends at ${number(points.at(-1)![1])}${axes.y}`)
    .join(', ');
  const ends = apart(lines.map(({ points }) => atY(points.at(-1)![1])));
  return [
    `<svg class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}" data-axis="${escapeXml(axes.x)}" data-unit="${escapeXml(axes.y)}">`,
    ...ticks(y).map(value => {
      const at = atY(value).toFixed(1);
      return `<line class="grid" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${margin.left - 6}" y="${at}" dy="0.35em" text-anchor="end">${value}</text>`;
    }),
    ...ticks(x).map(
      value => `<text x="${atX(value).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${value}</text>`,
    ),
    `<text x="${right}" y="${height - 4}" text-anchor="end">${escapeXml(axes.x)}</text>`,
    ...lines.map(({ label, points }, i) => {
      const path = points.map(([at, value]) => `${atX(at).toFixed(1)},${atY(value).toFixed(1)}`).join(' ');
      const end = `<text class="line-${i}" x="${right + 6}" y="${ends[i]!.toFixed(1)}" dy="0.35em">${escapeXml(label)}</text>`;
      // The cursor shows what was recorded, not what can be read off a picture.
      const values = points.map(([at, value]) => `${at},${number(value)}`).join(' ');
      return `<polyline class="line-${i}" points="${path}" data-label="${escapeXml(label)}" data-values="${values}"/>${end}`;
    }),
    '</svg>',
  ].join('\n');
}

function rangeOf(values: readonly number[]): { low: number; high: number } {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? { low, high } : { low: low - 1, high: high + 1 };
}

/** Round numbers inside a range, about five. */
function ticks({ low, high }: { low: number; high: number }): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(each => each >= rough)!;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Places of labels, moved so far that they do not touch. */
function apart(places: readonly number[], least = 14): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
  const moved = [...places];
  order.forEach((index, rank) => {
    if (rank > 0) moved[index] = Math.max(moved[index]!, moved[order[rank - 1]!]! + least);
  });
  return moved;
}
