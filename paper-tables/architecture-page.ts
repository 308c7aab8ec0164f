import type { ArchitectureView, CostView, DrawingView, TextCell } from '../harness/aggregate/types.ts';
import { commonPage, type Page } from './page.ts';
import { billions, integer, nothing, signed } from './wording.ts';

/** Characters of a line in a cell of Table 1: the longest that cannot be broken fits. */
const cellWidth = 16;

/** A small table of texts. */
export interface Texts {
  columns: { label: string; align: 'left' | 'right' }[];
  rows: string[][];
}

/** Table 1 as texts; a cell is broken into the lines that it has in the paper. */
export interface ArchitecturePage extends Page {
  columns: string[];
  rows: { label: string; cells: { text: string; lines: string[] }[] }[];
  /** Costs of the networks that are told below the table. */
  compared: Texts | null;
}

/** The page of Table 1: the paper's rows, then costs as printed and as computed. */
export function architecturePage(view: ArchitectureView): ArchitecturePage {
  const { rows, costs, compared } = view;
  const layers = rows.map(({ label, outputSize, cells }) => ({
    label,
    cells: [outputSize, ...cells].map(each => cellOf(cellText(each))),
  }));
  const costRow = (label: string, text: (cost: CostView) => string) => ({
    label,
    cells: ['', ...costs.map(text)].map(cellOf),
  });
  return {
    ...commonPage(view),
    legend: [
      'Layers and output sizes are read off the networks’ own graphs; where the paper prints something else both are shown.',
    ],
    notes: [],
    columns: ['', 'output size', ...costs.map(({ label }) => label)],
    rows: [
      ...layers,
      costRow('10⁹ FLOPs, paper', printedText),
      costRow('computed', cost => billions(cost.multiplyAdds)),
      costRow('residual', residualText),
      costRow('verdict', verdictText),
      costRow('exact FLOPs', cost => integer(cost.multiplyAdds)),
      costRow('parameters', cost => integer(cost.parameters)),
    ],
    compared: compared.length === 0 ? null : costTexts(compared, 'parameters'),
  };
}

/** The page of a drawing, with a table of its costs. */
export function drawingPage(view: DrawingView): Page & { costs: Texts; alt: string } {
  const costs = view.networks.map(({ cost }) => cost);
  const of = view.shows === 'networks' ? 'layer by layer' : 'layers and shortcut';
  return {
    ...commonPage(view),
    legend: ['Drawn from the networks’ own graphs. Dotted: shortcuts where dimensions change.'],
    notes: [],
    costs: costTexts(costs, view.shows === 'networks' ? 'parameters' : 'weights'),
    alt: `${view.heading} of the paper, ${view.title}: ${view.networks.map(({ label }) => label).join(', ')}, ${of}.`,
  };
}

/** What a cell of Table 1 says: one text when both agree, both when they do not. */
function cellText({ published, computed, verdict }: TextCell): string {
  return verdict === 'differs' ? `${published}; ours ${computed}, differs` : computed;
}

function costTexts(costs: readonly CostView[], values: 'parameters' | 'weights'): Texts {
  const compares = costs.some(({ published }) => published !== null);
  const column = (label: string, align: 'left' | 'right' = 'right') => ({ label, align });
  return {
    columns: [
      column(compares ? '10⁹ FLOPs' : '', 'left'),
      ...(compares
        ? [column('paper'), column('computed'), column('residual'), column('verdict', 'left')]
        : []),
      column('exact FLOPs'),
      column(values),
    ],
    rows: costs.map(cost => [
      cost.counts === 'convolutions' ? `${cost.label}, convolutions` : cost.label,
      ...(compares
        ? [printedText(cost), billions(cost.multiplyAdds), residualText(cost), verdictText(cost)]
        : []),
      integer(cost.multiplyAdds),
      integer(cost.parameters),
    ]),
  };
}

/** The printed digits: `3.8` of `3.8×10^9` and of `3.8 billion`. */
function printedText({ published }: CostView): string {
  return published?.printed.match(/^[\d.]+/)?.[0] ?? nothing;
}

function residualText({ residual }: CostView): string {
  return residual === null ? nothing : signed(residual / 1e9, 3);
}

/** `reproduced (truncated)`. */
function verdictText({ verdict, printed }: CostView): string {
  return printed === null ? (verdict ?? nothing) : `${verdict} (${printed})`;
}

/** Broken between the layers of a block, and between words. */
function cellOf(text: string): { text: string; lines: string[] } {
  const lines: string[] = [];
  text.split(/(?<=;) /).forEach((part, i) => {
    let line = '';
    for (const word of part.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > cellWidth) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? `${i > 0 && text.startsWith('[') ? ' ' : ''}${word}` : `${line} ${word}`;
      }
    }
    lines.push(line);
  });
  return { text, lines };
}
