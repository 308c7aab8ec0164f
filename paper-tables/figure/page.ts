import type { FigureView } from '../../harness/aggregate/types.ts';
import { type Page, runPage } from '../page.ts';
import { codeBasisText, scaledDownLegend } from '../wording.ts';
import { isApart } from './rows.ts';
import { description, hollowLegend, missingTexts, unreadLegend } from './wording.ts';

/** The page of a figure. */
export function figurePage(view: FigureView): Page & { missing: string[]; alt: string } {
  const { panels, heading, title, profile } = view;
  const ours = panels.flatMap(({ lines }) => lines.filter(({ source }) => source === 'ours'));
  const apart = isApart(view);
  const legend = [
    apart
      ? 'Above: the paper’s curves, read off its figure. Below: ours, on axes of their own.'
      : 'Thin: the paper’s curves, read off its figure. Thick: ours.',
    ...(ours.some(({ seeds }) => seeds > 1) ? ['Ours: the mean over seeds; the band spans the seeds.'] : []),
    ...hollowLegend(view),
    ...unreadLegend(view),
    ...scaledDownLegend(view, 'curve'),
  ];
  const notes = ours.flatMap(({ label, code, seeds }) => {
    const doubt = code && codeBasisText(code, seeds);
    return doubt ? [`${label}: ${doubt}`] : [];
  });
  const missing = panels.flatMap(panel =>
    missingTexts(panel, view, true).map(text => `${panel.title}: ${text}`),
  );
  const where = apart ? 'the paper’s curves above ours' : 'the paper’s curves thin behind ours';
  return {
    ...runPage(view, { legend, notes: [...new Set(notes)], remarks: [] }),
    missing,
    alt: `${heading} of the paper, ${title}: ${where} (profile ${profile}). ${description(view)}`,
  };
}
