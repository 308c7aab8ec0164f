import type { FigureView, PanelView } from '../../harness/aggregate/types.ts';
import { absenceText } from '../wording.ts';

/** What a panel does not show, curves of one fate together: `plain-20, plain-32: not-run`, on a page with the reason. */
export function missingTexts({ missing }: PanelView, { shows }: FigureView, withReason: boolean): string[] {
  const labels = new Map<string, string[]>();
  for (const { label, absence } of missing) {
    const what =
      absence.kind === 'no curve'
        ? `no ${absence.lines.map(line => shows[line]!.short).join(' or ')} curve`
        : 'not-run';
    const fate = withReason ? `${what} (${absenceText(absence)})` : what;
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
