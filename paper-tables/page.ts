import { evaluatedMark } from '../harness/aggregate/evaluated.ts';
import type { FigureView, TableView, TargetView } from '../harness/aggregate/types.ts';
import { type Grid, gridOf } from './grid.ts';
import { measuredText, missingTexts } from './wording.ts';

/** What stands around a table or figure in every format, as texts. */
export interface Page {
  name: string;
  heading: string;
  title: string;
  page: number;
  profile: string;
  profileSummary: string;
  legend: string[];
  notes: string[];
  deviations: string[];
  claims: { statement: string; where: string; verdict: string; measured: string }[];
  remarks: string[];
  machines: string[];
  command: string;
}

/** The page of a table. */
export function tablePage(view: TableView): Page & { grid: Grid } {
  const grid = gridOf(view);
  const legend = [
    'ours: mean ± SD over seeds (SD: sample standard deviation, n − 1), in brackets the number of seeds; residual: ours − paper.',
    ...scaledDown(view, 'value'),
    ...(isEvaluated(view)
      ? [`${evaluatedMark}: of weights that others trained, without seeds, SD and verdict.`]
      : []),
    ...(differingCounts(view) ? ['After a semicolon: the count of the network that was run.'] : []),
  ];
  return { ...commonPage(view), legend, notes: grid.notes, grid };
}

/** The page of a figure. */
export function figurePage(view: FigureView): Page & { missing: string[]; alt: string } {
  const several = view.panels.some(({ lines }) =>
    lines.some(({ source, seeds }) => source === 'ours' && seeds > 1),
  );
  const legend = [
    'Faint: the paper’s curve, read off its figure. Full colour: ours.',
    ...(several ? ['Ours is the mean over seeds; the band spans the seeds.'] : []),
    ...scaledDown(view, 'curve'),
  ];
  const missing = view.panels.flatMap(panel =>
    missingTexts(panel.missing, true).map(text => `${panel.title}: ${text}`),
  );
  const alt = `${view.heading} of the paper, ${view.title}: the paper’s curves faint behind ours (profile ${view.profile}).`;
  return { ...commonPage(view), legend, notes: [], missing, alt };
}

/** What all pages have in common. */
export function commonPage(view: TargetView): Omit<Page, 'legend' | 'notes'> {
  const claims = view.claims.map(claim => ({
    statement: claim.statement.replace(/\.$/, ''),
    where: claim.where,
    verdict: claim.verdict,
    measured: measuredText(claim),
  }));
  const { name, heading, title, page, profile, profileSummary } = view;
  const { deviations, remarks, machines, command } = view;
  return {
    name,
    heading,
    title,
    page,
    profile,
    profileSummary,
    deviations,
    claims,
    remarks,
    machines,
    command,
  };
}

function scaledDown({ profile }: TargetView, what: 'value' | 'curve'): string[] {
  if (profile === 'paper') return [];
  return [
    `scaled-down: a ${what} under profile ${profile}, not the paper’s protocol; it bears on the claims and reproduces nothing.`,
  ];
}

function isEvaluated({ rows }: TableView): boolean {
  return rows.some(({ cells }) => cells.some(({ evaluated }) => evaluated));
}

function differingCounts({ rows }: TableView): boolean {
  return rows.some(({ cells }) => cells.some(({ count }) => count && !count.agrees));
}
