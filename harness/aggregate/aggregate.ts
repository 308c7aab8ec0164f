import { type Deviation, networksOf, type Target } from '../manifest/types.ts';
import type { JobRecord } from '../record/types.ts';
import { viewArchitecture } from './architecture.ts';
import { judgeClaims } from './claims/judge.ts';
import { overImages } from './claims/over-images.ts';
import { evaluatedDeviations, viewEvaluations } from './evaluated.ts';
import { viewLines, viewPanels } from './figure.ts';
import { codeOf, designBehind, machinesOf } from './provenance.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { viewColumns, viewRows } from './table.ts';
import type { DeviationView, RunView, TargetView, UnusableRecord, View } from './types.ts';

/** What a view holds besides what its runs say. */
export interface ViewOptions {
  /** The command that reproduces the target. */
  command: string;
  /** Runs of networks that are not shown, which verdicts are shared with: all claims, and all judged cells, are one family each. */
  beside?: Runs;
}

/** A target with what its runs say. A pure function of its arguments. */
export function viewTarget(
  target: Target,
  runs: Runs,
  unusable: readonly UnusableRecord[],
  options: ViewOptions,
): View {
  const common = commonView(target, runs, unusable, options);
  if (target.kind === 'architecture') return viewArchitecture(target, common);
  const judged = { ...runs, trainings: new Map([...(options.beside?.trainings ?? []), ...runs.trainings]) };
  const claims = judgeClaims(target.argument, judged, target.claims);
  common.claims = overImages(claims, target.argument, judged);
  if (target.kind === 'figure') {
    return { ...common, kind: 'figure', shows: viewLines(target), panels: viewPanels(target, runs) };
  }
  return {
    ...common,
    kind: 'table',
    deviations: [...common.deviations, ...evaluatedDeviations(target, runs)],
    columns: viewColumns(target),
    marks: [...target.marks],
    ...viewRows(target, runs, judged),
    evaluations: viewEvaluations(target, runs),
  };
}

function commonView(
  target: Target,
  runs: Runs,
  unusable: readonly UnusableRecord[],
  { command }: ViewOptions,
): TargetView {
  const { name, experiment, heading, title, page, profile, profileSummary, faithful } = target;
  const records = recordsOf(runs);
  return {
    name,
    experiment: experiment.id,
    citation: experiment.citation,
    heading,
    title,
    page,
    profile,
    profileSummary,
    faithful,
    deviations: deviationsOf(target, runs),
    claims: [],
    runs: runViews(runs),
    machines: machinesOf(records),
    code: codeOf(records),
    design: designBehind(target, records),
    unusable: [...unusable],
    command,
  };
}

/** Assumptions, then deviations, that touch a network shown here; those of some networks only name them. */
function deviationsOf(target: Target, runs: Runs): DeviationView[] {
  const shown = networksOf(target).map(({ name }) => name);
  const views = (kind: 'assumption' | 'deviation', deviations: readonly Deviation[]) =>
    deviations.flatMap(({ text, set, for: only }): DeviationView[] => {
      // How many seeds there are is told by what was run, not by what would be.
      if (Object.keys(set).join() === 'seeds') return [];
      const touched = shown.filter(name => only?.includes(name));
      if (only && touched.length === 0) return [];
      return [{ kind, text, networks: touched.length === shown.length ? [] : touched }];
    });
  return [
    ...views('assumption', target.assumptions),
    ...views('deviation', target.deviations),
    ...fewerSeeds(target, runs),
  ];
}

/** Networks that have finished runs, of fewer seeds than the paper. */
function fewerSeeds(target: Target, runs: Runs): DeviationView[] {
  return networksOf(target).flatMap(({ name, paperSeeds }) => {
    const seeds = trainingsOf(runs, name).length;
    return seeds === 0 || seeds >= paperSeeds
      ? []
      : [{ kind: 'seeds', network: name, seeds, paper: paperSeeds }];
  });
}

function runViews({ trainings, evaluations }: Runs): RunView[] {
  return [
    ...[...trainings].flatMap(([network, records]) =>
      records.map(({ key, identity }) => ({ network, kind: identity.kind, seed: identity.seed, key })),
    ),
    ...[...evaluations].map(([network, { key, identity }]) => {
      return { network, kind: identity.kind, seed: null, key };
    }),
  ];
}

/** Every record once, also where two networks of a target are one and the same. */
export function recordsOf({ trainings, evaluations }: Runs): JobRecord[] {
  const records: JobRecord[] = [...[...trainings.values()].flat(), ...evaluations.values()];
  return [...new Map(records.map(record => [record.key, record])).values()];
}
