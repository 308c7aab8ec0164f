import type { CostView } from '../harness/aggregate/types.ts';
import { type CostTable, verdictText } from './costs.ts';
import { nothing } from './numbers.ts';
import { paintedAs, paintedMark } from './tally.ts';
import { paint, type Terminal } from './terminal.ts';
import { type Column, columnsOf, fitted, type Layout, type Texts } from './text.ts';

/** A table of costs for a terminal; where it is narrow exact counts are left out, then words of verdicts, then residuals. */
export function costLines(
  { title, texts }: CostTable,
  costs: readonly CostView[],
  terminal: Terminal,
): string[] {
  return [paint(title, 'bold', terminal), ...tableLines(texts, costs, terminal)];
}

function tableLines(texts: Texts, costs: readonly CostView[], terminal: Terminal): string[] {
  const [names, ...others] = columnsOf(texts) as [Column, ...Column[]];
  const judged = {
    label: 'verdict',
    align: 'left',
    cells: costs.map(cost => verdictCell(cost, terminal)),
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

function verdictCell(cost: CostView, terminal: Terminal): string {
  const { verdict } = cost;
  return verdict === null ? nothing : paintedAs(verdictText(cost), verdict, terminal);
}

function markCell({ verdict }: CostView, terminal: Terminal): string {
  return verdict === null ? nothing : paintedMark(verdict, terminal);
}
