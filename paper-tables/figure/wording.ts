import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import { integer, number } from '../numbers.ts';
import { verdicts } from '../verdicts.ts';
import { absenceText } from '../wording.ts';

/** What a panel does not show, curves of one fate together: `plain-20, plain-32: not run`, on a page with the reason. */
export function missingTexts({ missing }: PanelView, { shows }: FigureView, withReason: boolean): string[] {
  const labels = new Map<string, string[]>();
  for (const { label, absence } of missing) {
    const what =
      absence.kind === 'no curve'
        ? `no ${absence.lines.map(line => shows[line]!.short).join(' or ')} curve`
        : absence.kind === 'token'
          ? verdicts.token.word
          : verdicts['not-run'].word;
    const reason = absence.kind === 'token' ? absence.reason : absenceText(absence);
    const fate = withReason ? `${what} (${reason})` : what;
    labels.set(fate, [...(labels.get(fate) ?? []), label]);
  }
  return [...labels].map(([fate, curves]) => `${curves.join(', ')}: ${fate}`);
}

/** The label of the x axis; it says so when our iterations are not the paper's: `iter. (1e4), ours: 800 iterations stretched`. */
export function xLabel({ x, stretched, lines }: PanelView): string {
  if (stretched.length === 0) return x.label;
  const drawn = new Set(lines.filter(({ source }) => source === 'ours').map(({ network }) => network.name));
  const alike = stretched.length === 1 && stretched[0]!.networks.length === drawn.size;
  const told = stretched.map(({ iterations, networks }) =>
    alike ? `${iterations}` : `${iterations} (${networks.join(', ')})`,
  );
  return `${x.label}, ours: ${told.join(', ')} iterations stretched`;
}

/** Whether the last point of a line rests on other images than those before it. */
export function endsElsewhere(points: LineView['points']): boolean {
  const [first, last] = [points[0]!.images, points.at(-1)!.images];
  return first !== null && last !== null && first !== last;
}

/** What hollow points are: `the last test point rests on 10,000 images, the others on 2,000`. */
export function hollowLegend({ panels, shows }: FigureView): string[] {
  const texts = panels.flatMap(({ lines }) =>
    lines
      .filter(({ source, points }) => source === 'ours' && endsElsewhere(points))
      .map(({ line, points }) => {
        const [first, last] = [points[0]!.images!, points.at(-1)!.images!];
        return `Hollow: the last ${shows[line]!.short} point rests on ${integer(last)} images, the others on ${integer(first)}.`;
      }),
  );
  return [...new Set(texts)];
}

/** Points of the paper's curves that could not be read: `ResNet-56 lacks layer 18 in the paper’s curve`. */
export function unreadLegend({ panels, shows }: FigureView): string[] {
  const texts = panels.flatMap(({ lines }) =>
    lines.flatMap(({ label, line, missing }) =>
      missing
        ? [
            `The paper’s curve of ${label} lacks ${shows[line]!.over === 'layers' ? 'layer' : 'the point at'} ${missing.join(', ')}: hidden under other marks.`,
          ]
        : [],
    ),
  );
  return [...new Set(texts)];
}

/** Where the lines of each panel end, or over layers their range, as a sentence for those who do not see them. */
export function description({ panels, shows }: FigureView): string {
  const main = Object.keys(shows).at(-1)!;
  const texts = panels.map(({ title, lines }) => {
    const shown = lines.some(({ line }) => line === main) ? lines.filter(({ line }) => line === main) : lines;
    const [first] = shown;
    if (!first) return `${title}: no curve`;
    const { name, over } = shows[first.line]!;
    const ranges = (['published', 'ours'] as const).flatMap(source => {
      const own = shown.filter(each => each.source === source);
      return own.length === 0 ? [] : [`${rangeOf(own, over)} ${source === 'ours' ? 'here' : 'in the paper'}`];
    });
    return `${title}: ${name} ${over === 'layers' ? '' : 'ends '}${ranges.join(' and ')}`;
  });
  return `${texts.join('. ')}.`;
}

/** `between 9.72 (plain-20) and 13.27 (plain-56)`: where lines end, over layers their least and largest values. */
function rangeOf(lines: readonly LineView[], over: 'iterations' | 'layers'): string {
  if (over === 'layers') {
    const values = lines.flatMap(({ points }) => points.map(({ y }) => y));
    return `between ${number(Math.min(...values))} and ${number(Math.max(...values))}`;
  }
  const ends = lines.map(({ label, points }) => ({ label, y: points.at(-1)!.y })).sort((a, b) => a.y - b.y);
  const [least, most] = [ends[0]!, ends.at(-1)!].map(({ label, y }) => `${number(y)} (${label})`);
  return ends.length === 1 ? `at ${least}` : `between ${least} and ${most}`;
}
