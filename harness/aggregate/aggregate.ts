import type { Deviation, Target } from '../manifest/types.ts';
import type { RunRecord } from '../record/types.ts';
import { viewArchitecture } from './architecture.ts';
import { claimRule, needsStudent, viewClaim } from './claims.ts';
import type { ScoresOf } from './ensemble.ts';
import { evaluatedDeviations, type ReleasedEvaluation } from './evaluated.ts';
import { viewPanels } from './figure.ts';
import { machinesOf } from './machines.ts';
import { loadStudentQuantile, type StudentQuantile } from './student.ts';
import { paperProfile, planOf, viewRows } from './table.ts';
import type { TargetView, View } from './types.ts';

/**
 * A target with what its runs say. `records`: finished runs by network name, seeds ascending, all of the target's
 * profile; networks without runs may be absent. `command`: what reproduces it; `scoresOf`: what ensembles average;
 * `evaluations`: of weights that others trained, by network, in the place of its runs. A pure function of its arguments.
 */
export async function viewTarget(
  target: Target,
  records: ReadonlyMap<string, RunRecord[]>,
  options: {
    command: string;
    scoresOf?: ScoresOf;
    evaluations?: ReadonlyMap<string, ReleasedEvaluation>;
  },
): Promise<View> {
  if (target.architecture) return viewArchitecture(target, target.architecture, options.command);
  const { scoresOf = () => null, evaluations = new Map<string, ReleasedEvaluation>() } = options;
  const trained = new Map([...records].filter(([network]) => !evaluations.has(network)));
  const t = await studentFor(target, trained);
  const { rows, remarks } = viewRows(target, { records: trained, scoresOf, evaluations }, t);
  const common: TargetView = {
    name: target.name,
    heading: target.heading,
    title: target.title,
    page: target.page,
    profile: target.profile,
    profileSummary: target.profileSummary,
    deviations: [
      ...deviationsOf(target),
      ...[...evaluations].flatMap(([name, each]) => evaluatedDeviations(each, planOf(target, name))),
    ],
    claims: target.claims.map(claim => viewClaim(claim, target.profile, trained, t)),
    remarks: target.claims.length > 0 ? [...remarks, claimRule] : remarks,
    machines: [
      ...machinesOf(target.networks.flatMap(({ name }) => trained.get(name) ?? [])),
      ...machinesOf(
        [...evaluations.values()].map(({ record }) => record),
        'evaluation',
      ),
    ],
    command: options.command,
  };
  if (target.kind === 'figure') return { ...common, kind: 'figure', panels: viewPanels(target, trained) };
  return { ...common, kind: 'table', columns: [...target.columns], rows };
}

/** Student's quantiles are slow to load and not needed while every comparison rests on single seeds. */
async function studentFor(
  target: Target,
  records: ReadonlyMap<string, RunRecord[]>,
): Promise<StudentQuantile> {
  const compared = target.profile === paperProfile && target.rows.length > 0;
  const needed = compared || target.claims.some(claim => needsStudent(claim, records));
  if (needed) return loadStudentQuantile();
  return () => {
    throw new Error("Student's quantiles were not expected to be needed");
  };
}

/** Departures that touch a network shown here; those of some networks only say which. */
function deviationsOf(target: Target): string[] {
  const shown = target.networks.map(({ name }) => name);
  return target.deviations.flatMap(({ says, for: only }: Deviation) => {
    if (!only) return [says];
    const touched = shown.filter(name => only.includes(name));
    if (touched.length === 0) return [];
    const named = touched.length === shown.length || touched.every(name => says.includes(name));
    return [named ? says : `${touched.join(', ')}: ${says}`];
  });
}
