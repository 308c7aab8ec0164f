import { backends, defaultBackend } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import { loadTargets, targetNames } from '../harness/manifest/load.ts';
import type { Target } from '../harness/manifest/types.ts';
import { makePlan } from '../harness/plan/plan.ts';
import type { Plan } from '../harness/plan/types.ts';
import { type Options, optionTable } from './options.ts';
import { digestsOf, folderOf, setsOf, withoutMissing } from './sets.ts';
import { evaluatedNetwork, evaluationsFor, underWeights } from './weights.ts';

/** What the named targets need, and what is to be shown of them. */
export interface Prepared {
  targets: Target[];
  /** The runs that are asked for: those of `--rows`, where given. */
  plan: Plan;
  /** The runs of all rows: what is recorded of the others is shown too. */
  shown: Plan;
  /** Under `--weights`, in the place of all runs; none when the images are not here. */
  evaluations: PlannedEvaluation[];
  weights: Options['weights'];
}

/** Loads the named targets, or with `--all` all that have the profile, and makes the plan of their runs. Starts no backend. */
export async function prepare(names: readonly string[], given: Options): Promise<Prepared> {
  const options = given.weights === undefined ? given : underWeights(names, given);
  const { profile } = options;
  const wanted = options.all
    ? await targetNames(profile === undefined ? {} : { profile })
    : [...new Set(names)];
  if (wanted.length === 0) {
    throw new UserError('No table or figure is named.', {
      fix: `name some of ${(await targetNames()).join(', ')}, or --all`,
    });
  }
  const loaded = await loadTargets(wanted, profile);
  const sets = setsOf(loaded);
  const data = await digestsOf(sets, options);
  const targets = withoutMissing(loaded, data, options);
  const { id, numerics } = await backends[options.backend]();
  const { store, seeds, rows, force, weights } = options;
  const common = {
    targets,
    backend: { id, numerics },
    data,
    store,
    ...(seeds === undefined ? {} : { seeds }),
  };
  const shown = await makePlan(common);
  if (weights !== undefined) {
    const folder = folderOf('imagenet', sets, options);
    const evaluations =
      folder === undefined ? [] : await evaluationsFor(targets, folder, common.backend, options);
    const runs = shown.runs.filter(({ network }) => network !== evaluatedNetwork);
    return { targets, plan: { ...shown, runs: [] }, shown: { ...shown, runs }, evaluations, weights };
  }
  const plan = rows || force ? await makePlan({ ...common, force, ...(rows && { rows }) }) : shown;
  return { targets, plan, shown, evaluations: [], weights };
}

/** Why nothing of what was asked for can be run here; null when something can, or nothing has to be. */
export function whyImpossible({ plan, evaluations, weights }: Prepared): string | null {
  if (plan.runs.length + evaluations.length > 0) return null;
  const networks = plan.targets.flatMap(target => target.networks);
  const asked = weights === undefined ? networks : networks.filter(({ name }) => name === evaluatedNetwork);
  const reasons = [...new Set(asked.flatMap(({ notRun }) => notRun ?? []))];
  if (reasons.length === 0) return null;
  return ['No run is possible here:', ...reasons].join(reasons.length === 1 ? ' ' : '\n  ');
}

/** The command that computes the same again on another machine: what decides results, and nothing about this one. */
export function commandOf(names: readonly string[], options: Options, more: readonly string[] = []): string {
  const { profile, seeds, rows, backend, lowering, all, weights } = options;
  const flags = [
    ...(all ? ['--all'] : []),
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(seeds === undefined ? [] : [`--seeds ${seeds}`]),
    ...(rows === undefined ? [] : [`--rows ${quoted(rows.join(','))}`]),
    ...(weights === undefined ? [] : [`--weights ${weights}`]),
    ...(backend === defaultBackend ? [] : [`--backend ${backend}`]),
    ...(lowering === undefined ? [] : [`--lowering ${lowering}`]),
    ...more,
  ];
  return ['npm run reproduce', ...names, ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
}

/** What the command needs besides to find the same things on this machine: store and data. */
export function placesOf({ store, data }: Options): string[] {
  return [
    ...(store === optionTable.store.preset ? [] : [`--store ${quoted(store)}`]),
    ...(data === undefined ? [] : [`--data ${quoted(data)}`]),
  ];
}

/** A word for a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
