import type { DrawingView } from '../../harness/aggregate/types.ts';
import { costRemarks, costTexts } from '../costs.ts';
import { computedPage, type Page } from '../page.ts';
import type { Texts } from '../text.ts';

/** The page of a drawing, with a table of its costs. */
export function drawingPage(view: DrawingView): Page & { costs: Texts; alt: string } {
  const { networks, shows, size, heading, title } = view;
  const costs = networks.map(({ cost }) => cost);
  const whole = shows === 'networks';
  const legend = ['Drawn from the networks’ own graphs. Dotted: shortcuts where dimensions change.'];
  return {
    ...computedPage(view, { legend, remarks: costRemarks(costs, size) }),
    costs: costTexts(costs, whole ? 'parameters' : 'weights'),
    alt: `${heading} of the paper, ${title}: ${networks.map(({ label }) => label).join(', ')}, ${whole ? 'layer by layer' : 'layers and shortcut'}.`,
  };
}
