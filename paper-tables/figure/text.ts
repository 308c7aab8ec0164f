import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import { filesLine } from '../kind.ts';
import { nothing, number } from '../numbers.ts';
import { belowLines, headLines, listLines } from '../page.ts';
import { aligned, type Column } from '../text.ts';
import { figurePage } from './page.ts';

/** A figure for a terminal: where its lines begin and end, what is not drawn, its files, and what stands under a table. */
export function figureText(view: FigureView): string {
  const page = figurePage(view);
  const panels = view.panels.flatMap(panel => [panel.title, ...endings(panel, view.shows), '']);
  const missing = page.missing.length > 0 ? [...listLines('Not drawn:', page.missing), ''] : [];
  return [...headLines(page), ...panels, ...missing, filesLine(view), '', ...belowLines(page)].join('\n');
}

/** First and last value of each line: `31.20 to 8.75`. */
function endings({ lines }: PanelView, shows: FigureView['shows']): string[] {
  const labels = [...new Set(lines.map(({ label }) => label))];
  const kinds = [...new Set(lines.map(({ line }) => line))];
  const columns: Column[] = [
    { label: '', align: 'left' },
    ...kinds.flatMap((kind): Column[] => {
      const { short } = shows[kind]!;
      return [
        { label: `${short}, paper`, align: 'right' },
        { label: `${short}, ours`, align: 'right' },
      ];
    }),
  ];
  const rows = labels.map(label => [
    label,
    ...kinds.flatMap(kind =>
      (['published', 'ours'] as const).map(source => {
        const found = lines.find(
          each => each.label === label && each.line === kind && each.source === source,
        );
        return found ? span(found) : nothing;
      }),
    ),
  ]);
  return aligned(columns, rows);
}

function span({ points, seeds, source }: LineView): string {
  const ends = `${number(points[0]!.y)} to ${number(points.at(-1)!.y)}`;
  return source === 'ours' ? `${ends} (${seeds})` : ends;
}
