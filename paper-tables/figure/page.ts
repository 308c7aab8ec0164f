import type { FigureView } from '../../harness/aggregate/types.ts';
import { type Page, runPage } from '../page.ts';
import { codeBasisText, scaledDownLegend } from '../wording.ts';
import { isApart } from './rows.ts';
import { missingTexts } from './wording.ts';

/** The page of a figure. */
export function figurePage(view: FigureView): Page & { missing: string[]; alt: string } {
  const { panels, heading, title, profile } = view;
  const ours = panels.flatMap(({ lines }) => lines.filter(({ source }) => source === 'ours'));
  const apart = isApart(view);
  const legend = [
    apart
      ? 'The paper’s curves, read off its figure, and below them ours, on an axis of their own.'
      : 'Faint: the paper’s curve, read off its figure. Full colour: ours.',
    ...(ours.some(({ seeds }) => seeds > 1)
      ? ['Ours is the mean over seeds; the band spans the seeds.']
      : []),
    ...scaledDownLegend(view, 'curve'),
  ];
  const notes = ours.flatMap(({ label, code, seeds }) => {
    const doubt = code && codeBasisText(code, seeds);
    return doubt ? [`${label}: ${doubt}`] : [];
  });
  const missing = panels.flatMap(panel =>
    missingTexts(panel, view, true).map(text => `${panel.title}: ${text}`),
  );
  const where = apart ? 'the paper’s curves above ours' : 'the paper’s curves faint behind ours';
  return {
    ...runPage(view, { legend, notes: [...new Set(notes)], remarks: [] }),
    missing,
    alt: `${heading} of the paper, ${title}: ${where} (profile ${profile}).`,
  };
}
