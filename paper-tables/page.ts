import type { TargetView } from '../harness/aggregate/types.ts';
import { codeText, deviationText, machineText, measuredText, unusableText } from './wording.ts';

/** What stands around a table or figure in every format, as texts. */
export interface Page {
  name: string;
  citation: string;
  heading: string;
  title: string;
  page: number;
  /** Null for what follows from specifications, which are the same under every profile. */
  profile: { name: string; summary: string } | null;
  legend: string[];
  notes: string[];
  claims: { statement: string; where: string; verdict: string; measured: string }[];
  sections: Section[];
  command: string;
}

/** A list below a table or figure. `none`: what stands there when it is empty, if anything. */
export interface Section {
  title: string;
  items: string[];
  none: string | null;
}

/** A page of what was run, with what a kind of view says itself. */
export function runPage(view: TargetView, own: Pick<Page, 'legend' | 'notes'> & { remarks: string[] }): Page {
  const { profile, profileSummary, machines, code } = view;
  const provenance = [...machines.map(machineText), ...code.map(codeText)];
  return {
    ...headOf(view),
    profile: { name: profile, summary: profileSummary },
    legend: own.legend,
    notes: own.notes,
    sections: sectionsOf(view, own.remarks, { title: 'Computed on', items: provenance, none: 'No run yet.' }),
  };
}

/** A page of what was computed from specifications. */
export function computedPage(view: TargetView, own: { legend: string[]; remarks: string[] }): Page {
  const provenance = ['Computed from the network specifications; nothing was trained.'];
  return {
    ...headOf(view),
    profile: null,
    legend: own.legend,
    notes: [],
    sections: sectionsOf(view, own.remarks, { title: 'Computed on', items: provenance, none: null }),
  };
}

function headOf(view: TargetView): Omit<Page, 'profile' | 'legend' | 'notes' | 'sections'> {
  const { name, citation, heading, title, page, command } = view;
  const claims = view.claims.map(claim => ({
    statement: claim.statement.replace(/\.$/, ''),
    where: claim.where,
    verdict: claim.verdict,
    measured: measuredText(claim),
  }));
  return { name, citation, heading, title, page, claims, command };
}

function sectionsOf({ deviations, unusable }: TargetView, remarks: string[], provenance: Section): Section[] {
  const all: Section[] = [
    { title: 'Assumptions and deviations', items: deviations.map(deviationText), none: 'None.' },
    { title: 'How verdicts are reached', items: remarks, none: null },
    provenance,
    { title: 'Records left out', items: unusable.map(unusableText), none: null },
  ];
  return all.filter(({ items, none }) => items.length > 0 || none !== null);
}
