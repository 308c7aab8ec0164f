import type { DeviationView, TargetView } from '../harness/aggregate/types.ts';
import { type Claims, claimsOf } from './claims.ts';
import { codeTexts, designText, deviationText, machineText, unusableText } from './wording.ts';

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
  claims: Claims | null;
  sections: Section[];
  command: string;
}

/** A list below a table or figure. */
export interface Section {
  title: string;
  items: string[];
  /** What stands there when it is empty, if anything. */
  none: string | null;
  /** Whether it is long and the same on many pages: folded away where that is possible. */
  folded: boolean;
}

/** A page of what was run, with what a kind of view says itself. */
export function runPage(view: TargetView, own: Pick<Page, 'legend' | 'notes'> & { remarks: string[] }): Page {
  const { profile, profileSummary, machines, code, design } = view;
  const fixed = design ? [designText(design)] : [];
  const provenance = [...machines.map(machineText), ...codeTexts(code), ...fixed];
  return {
    ...headOf(view),
    profile: { name: profile, summary: profileSummary },
    legend: own.legend,
    notes: own.notes,
    sections: sectionsOf(view, own.remarks, provenance.length > 0 ? provenance : ['No run yet.']),
  };
}

/** A page of what was computed from specifications. */
export function computedPage(view: TargetView, own: { legend: string[]; remarks: string[] }): Page {
  return {
    ...headOf(view),
    profile: null,
    legend: own.legend,
    notes: [],
    sections: sectionsOf(view, own.remarks, ['No runs: derived from the network definitions.']),
  };
}

function headOf(view: TargetView): Omit<Page, 'profile' | 'legend' | 'notes' | 'sections'> {
  const { name, citation, heading, title, page, command } = view;
  return { name, citation, heading, title, page, claims: claimsOf(view), command };
}

function sectionsOf(view: TargetView, remarks: string[], provenance: string[]): Section[] {
  const { deviations, faithful, profile, unusable } = view;
  const of = (...kinds: DeviationView['kind'][]) =>
    deviations.filter(({ kind }) => kinds.includes(kind)).map(deviationText);
  const plain = { none: null, folded: false };
  const folded = { none: null, folded: true };
  const all: Section[] = [
    { title: 'How values are judged', items: remarks, ...plain },
    {
      title: faithful ? 'Deviations from the paper' : `Scaled down for profile ${profile}`,
      items: of('deviation', 'seeds'),
      none: faithful ? 'None.' : null,
      folded: of('deviation', 'seeds').length > 0,
    },
    { title: 'Where the paper is silent', items: of('assumption'), ...folded },
    { title: 'Released weights', items: of('evaluation'), ...folded },
    { title: 'Computed on', items: provenance, ...plain },
    { title: 'Records left out', items: unusable.map(unusableText), ...plain },
  ];
  return all.filter(({ items, none }) => items.length > 0 || none !== null);
}
