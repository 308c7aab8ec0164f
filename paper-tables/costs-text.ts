import type { CostView } from '../harness/aggregate/types.ts';
import { nothing } from './numbers.ts';
import { paintedMark, paintedWord } from './tally.ts';
import type { Terminal } from './terminal.ts';
import { type Column, columnsOf, fitted, type Layout, type Texts } from './text.ts';

/** A table of costs for a terminal; where it is narrow exact counts are left out, then words of verdicts, then residuals. */
export function costLines(texts: Texts, costs: readonly CostView[], terminal: Terminal): string[] {
  const [names, ...others] = columnsOf(texts) as [Column, ...Column[]];
  const judged = {
    label: 'verdict',
    align: 'left',
    cells: costs.map(cost => verdictLine(cost, terminal)),
  } as const;
  const columns = others.map(column => (column.label === judged.label ? judged : column));
  const layout = (columns: readonly Column[]): Layout => ({ names: [names], groups: [columns] });
  if (!columns.includes(judged)) return fitted([layout(columns)], terminal.width);
  const compared = columns.slice(0, columns.indexOf(judged));
  const marks: Column = { label: '', align: 'left', cells: costs.map(cost => markCell(cost, terminal)) };
  const unjudged = compared.filter(({ label }) => label !== 'residual');
  return fitted(
    [columns, [...compared, judged], [...compared, marks], [...unjudged, marks]].map(layout),
    terminal.width,
  );
}

/** The verdict of a cost with its mark: `✓ reproduced (truncated)`. */
export function verdictLine(cost: CostView, terminal: Terminal): string {
  const { verdict, printed } = cost;
  if (verdict === null) return nothing;
  return printed === null ? paintedWord(verdict, terminal) : `${paintedWord(verdict, terminal)} (${printed})`;
}

function markCell({ verdict }: CostView, terminal: Terminal): string {
  return verdict === null ? nothing : paintedMark(verdict, terminal);
}
