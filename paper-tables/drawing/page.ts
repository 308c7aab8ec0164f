import type { DrawingView } from '../../harness/aggregate/types.ts';
import { type CostTable, costRemarks, costTable } from '../costs.ts';
import { computedPage, type Page } from '../page.ts';

/** The page of a drawing, with a table of its costs. */
export function drawingPage(view: DrawingView): Page & { costs: CostTable[]; alt: string } {
  const { networks, shows, size, heading, title } = view;
  const costs = networks.map(({ cost }) => cost);
  const whole = shows === 'networks';
  const changing = networks.some(({ shortcuts }) => shortcuts.some(({ changes }) => changes));
  const dotted = changing ? ' Dotted: shortcuts where dimensions change.' : '';
  const legend = [`Drawn from the networks’ own graphs.${dotted}`];
  return {
    ...computedPage(view, { legend, remarks: costRemarks(costs, size) }),
    costs: [
      whole
        ? costTable(`FLOPs and parameters, one ${size}×${size} image`, costs, 'parameters')
        : costTable(`FLOPs and weights in a network for ${size}×${size} images`, costs, 'weights'),
    ],
    alt: `${heading} of the paper, ${title}: ${networks.map(({ label }) => label).join(', ')}, ${whole ? 'layer by layer' : 'layers and shortcut'}.`,
  };
}
