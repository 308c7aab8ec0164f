import { backends, defaultBackend } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import { loadTargets, targetNames } from '../harness/manifest/load.ts';
import type { Target } from '../harness/manifest/types.ts';
import { makePlan } from '../harness/plan/plan.ts';
import type { Plan } from '../harness/plan/types.ts';
import type { Options } from './options.ts';
import { digestsOf, setsOf, withoutMissing } from './sets.ts';

/** What the named targets need, and what is to be shown of them. */
export interface Prepared {
  targets: Target[];
  /** The runs that are asked for: those of `--rows`, where given. */
  plan: Plan;
  /** The runs of all rows: what is recorded of the others is shown too. */
  shown: Plan;
}

/** Loads the named targets, or with `--all` all that have the profile, and makes the plan of their runs. Starts no backend. */
export async function prepare(names: readonly string[], options: Options): Promise<Prepared> {
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
  const data = await digestsOf(setsOf(loaded), options);
  const targets = withoutMissing(loaded, data);
  const { id, numerics } = await backends[options.backend]();
  const { store, seeds, rows, force } = options;
  const common = {
    targets,
    backend: { id, numerics },
    data,
    store,
    ...(seeds === undefined ? {} : { seeds }),
  };
  const shown = await makePlan(common);
  const plan = rows || force ? await makePlan({ ...common, force, ...(rows && { rows }) }) : shown;
  return { targets, plan, shown };
}

/** The command that computes the same again on another machine: what decides results, and nothing about this one. */
export function commandOf(names: readonly string[], options: Options, more: readonly string[] = []): string {
  const { profile, seeds, rows, backend, lowering, all } = options;
  const flags = [
    ...(all ? ['--all'] : []),
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(seeds === undefined ? [] : [`--seeds ${seeds}`]),
    ...(rows === undefined ? [] : [`--rows ${rows.join(',')}`]),
    ...(backend === defaultBackend ? [] : [`--backend ${backend}`]),
    ...(lowering === undefined ? [] : [`--lowering ${lowering}`]),
    ...more,
  ];
  return ['npm run reproduce', ...names, ...(flags.length > 0 ? ['--', ...flags] : [])].join(' ');
}
