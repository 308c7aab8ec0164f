import type { ArchitectureView, TextCell } from '../../harness/aggregate/types.ts';
import { type CostTable, costRemarks, costTable } from '../costs.ts';
import { computedPage, type Page } from '../page.ts';

/** A table of architectures as texts. */
export interface ArchitecturePage extends Page {
  columns: string[];
  rows: { label: string; cells: LayerCell[] }[];
  /** Of the networks of the table, then of others. */
  costs: CostTable[];
}

/** A cell, a line for each layer of a block; one that all networks have in common is shared by them, as in the paper. */
export interface LayerCell {
  lines: string[];
  /** Columns that it takes. */
  span: number;
}

/** The page of a table of architectures: the paper's rows, then costs as printed and as computed. */
export function architecturePage(view: ArchitectureView): ArchitecturePage {
  const { rows, costs, compared, size } = view;
  const legend = [
    'Layers and output sizes are read off the networks’ own graphs; where the paper prints something else, both are shown.',
  ];
  return {
    ...computedPage(view, { legend, remarks: costRemarks([...costs, ...compared], size) }),
    columns: ['output size', ...costs.map(({ label }) => label)],
    rows: rows.map(({ label, outputSize, cells }) => ({
      label,
      cells: [layerCell(outputSize), ...spanned(cells.map(layerCell))],
    })),
    costs: [
      costTable(`FLOPs and parameters, one ${size}×${size} image`, costs, 'parameters'),
      ...(compared.length > 0 ? [costTable('Other networks', compared, 'parameters')] : []),
    ],
  };
}

/** One text when both agree, both when they do not; a block is broken between its layers, which are set in by one. */
function layerCell({ published, computed, verdict }: TextCell): LayerCell {
  const text = verdict === 'differs' ? `${published}; ours ${computed}, differs` : computed;
  const indent = text.startsWith('[') ? '\u00a0' : '';
  return { lines: text.split('; ').map((line, i) => `${i > 0 ? indent : ''}${line}`), span: 1 };
}

/** Cells that are all alike as one. */
function spanned(cells: LayerCell[]): LayerCell[] {
  const [first, ...others] = cells;
  const alike = first && others.every(({ lines }) => lines.join('\n') === first.lines.join('\n'));
  return alike ? [{ lines: first.lines, span: cells.length }] : cells;
}
