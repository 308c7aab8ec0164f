import type { TableView } from '../../harness/aggregate/types.ts';
import { type Page, runPage } from '../page.ts';
import { claimRule, evaluatedLegend, scaledDownLegend } from '../wording.ts';
import { type Grid, gridOf } from './grid.ts';
import { testingTexts } from './wording.ts';

/** The page of a table. */
export function tablePage(view: TableView): Page & { grid: Grid } {
  const { testing, claims } = view;
  const grid = gridOf(view);
  const legend = [
    'ours: mean ± SD over seeds (SD: sample standard deviation, n − 1), number of seeds in parentheses; residual: ours − paper.',
    ...scaledDownLegend(view, 'value'),
    ...(view.evaluations.length > 0 ? [evaluatedLegend] : []),
    ...(differingCounts(view) ? ['After the semicolon: the count for the network actually run.'] : []),
  ];
  const remarks = [...(testing ? testingTexts(testing) : []), ...(claims.length > 0 ? [claimRule] : [])];
  return { ...runPage(view, { legend, notes: grid.notes, remarks }), grid };
}

function differingCounts({ rows }: TableView): boolean {
  return rows.some(({ cells }) => cells.some(({ count }) => count && !count.agrees));
}
