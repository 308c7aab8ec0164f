import type { ArchitectureView, CostView, TextCell } from '../../harness/aggregate/types.ts';
import { costRemarks, costTexts, printedText, residualText, verdictText } from '../costs.ts';
import { billions, integer } from '../numbers.ts';
import { computedPage, type Page } from '../page.ts';
import { type Texts, wrapped } from '../text.ts';

/** Characters of a line in a cell: the longest that cannot be broken fits. */
const cellWidth = 16;

/** A table of architectures as texts; a cell is broken into the lines that it has in the paper. */
export interface ArchitecturePage extends Page {
  columns: string[];
  rows: { label: string; cells: { text: string; lines: string[] }[] }[];
  /** Costs of the networks that are told below the table. */
  compared: Texts | null;
}

/** The page of a table of architectures: the paper's rows, then costs as printed and as computed. */
export function architecturePage(view: ArchitectureView): ArchitecturePage {
  const { rows, costs, compared, size } = view;
  const layers = rows.map(({ label, outputSize, cells }) => ({
    label,
    cells: [outputSize, ...cells].map(each => cellOf(cellText(each))),
  }));
  const costRow = (label: string, text: (cost: CostView) => string) => ({
    label,
    cells: ['', ...costs.map(text)].map(cellOf),
  });
  const legend = [
    'Layers and output sizes are read off the networks’ own graphs; where the paper prints something else both are shown.',
  ];
  return {
    ...computedPage(view, { legend, remarks: costRemarks([...costs, ...compared], size) }),
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

/** What a cell says: one text when both agree, both when they do not. */
function cellText({ published, computed, verdict }: TextCell): string {
  return verdict === 'differs' ? `${published}; ours ${computed}, differs` : computed;
}

/** Broken between the layers of a block, which are set in by one, and between words. */
function cellOf(text: string): { text: string; lines: string[] } {
  const indent = text.startsWith('[') ? ' ' : '';
  const lines = text.split(/(?<=;) /).flatMap((part, i) => {
    const [first, ...others] = wrapped(part, { limit: cellWidth - indent.length });
    return [`${i > 0 ? indent : ''}${first}`, ...others];
  });
  return { text, lines };
}
