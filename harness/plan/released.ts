import { UserError } from '../errors.ts';
import { loadTargets, targetNames } from '../manifest/load.ts';
import {
  measureOf,
  networksOf,
  type ReleasedWeights,
  type TableTarget,
  type Target,
} from '../manifest/types.ts';
import type { EvaluateIdentity } from '../record/types.ts';
import { version } from '../record/types.ts';
import { taskOf } from '../tasks/registry.ts';
import type { DataDigest, Released } from '../tasks/task.ts';
import { type CommandOptions, commandOf } from './command.ts';
import type { PlannedJob } from './types.ts';

/** Released weights that a command evaluates in the place of all trainings. */
export interface Evaluated {
  /** As `--weights` takes it. */
  name: string;
  weights: ReleasedWeights;
  /** What is here of the data that the evaluation needs, by set. */
  data: ReadonlyMap<string, DataDigest>;
}

/**
 * The identity of the evaluation of released weights that a target shows; null when it shows none, or when the images are
 * not here.
 */
export function evaluationOf(
  target: Target,
  { weights, data: here }: Evaluated,
  backend: { id: string; numerics: number },
): EvaluateIdentity | null {
  const config = networksOf(target).find(({ name }) => name === weights.network);
  if (!config || target.kind !== 'table') return null;
  const data = here.get(config.spec.data.set);
  if (data === undefined) return null;
  const spec = specOf(target, weights, data.testImages ?? 0);
  if (!spec) return null;
  const inputs = { data: data.digest, weights: weights.integrity };
  const common = { version, kind: 'evaluate', task: config.task, spec, inputs } as const;
  return { ...common, backend: backend.id, numerics: backend.numerics };
}

/** The released weights that jobs take in, each once. */
export function releasedFor(
  jobs: readonly Pick<PlannedJob, 'identity'>[],
  evaluated: Evaluated | null,
): Released[] {
  const all = jobs.flatMap(({ identity }): Released[] => {
    const own =
      identity.kind === 'train' ? taskOf(identity.task).releasedOf(identity.spec) : evaluated?.weights;
    return own ? [own] : [];
  });
  return [...new Map(all.map(each => [each.integrity, each])).values()];
}

/** Fails with a `UserError` when released weights cannot be evaluated for what was named, and says what can. */
export async function expectEvaluable(
  names: readonly string[],
  targets: readonly Target[],
  { name, weights }: Pick<Evaluated, 'name' | 'weights'>,
  options: CommandOptions,
): Promise<void> {
  const { all, profile, rows = [], seeds, experiment } = options;
  const shows = (target: Target) => target.kind === 'table' && specOf(target, weights, 1) !== null;
  const faithful = targets[0]!.experiment.faithful;
  const wrong = targets.find(target => !shows(target));
  const other = rows.find(row => row !== weights.network);
  const refuse = async (why: string) => {
    const others = await loadTargets(
      await targetNames({ profile: faithful, ...(experiment !== undefined && { experiment }) }),
      faithful,
      experiment === undefined ? {} : { experiment },
    );
    const possible = others.filter(shows).map(target => target.name);
    const fitting = wrong === undefined && !all ? names : possible;
    return new UserError(`--weights ${name} evaluates ${weights.network} ${why}.`, {
      fix: commandOf(fitting, { weights: name, ...(experiment !== undefined && { experiment }) }),
    });
  };
  if (all || wrong) throw await refuse(`for the tables that show it, not for ${all ? 'all' : wrong!.name}`);
  if (profile !== undefined && profile !== faithful)
    throw await refuse(`under the profile ${faithful}, not under ${profile}`);
  if (other !== undefined) throw await refuse(`and no other row, not ${other}`);
  if (seeds !== undefined) throw await refuse('as it is: nothing is trained, and there are no seeds');
}

/** The spec of an evaluation that measures what a table's columns show of the network. */
function specOf(target: TableTarget, weights: ReleasedWeights, testImages: number) {
  const config = target.networks.find(({ name }) => name === weights.network);
  const rows = target.rows.filter(
    ({ network, networks = {} }) =>
      network === weights.network || Object.values(networks).includes(weights.network),
  );
  if (!config || rows.length === 0) return null;
  const measures = rows.flatMap(row => target.columns.flatMap(column => measureOf(row, column) ?? []));
  return taskOf(config.task).evaluationOf(config.spec, weights, measures, Math.max(1, testImages));
}
