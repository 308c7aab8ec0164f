import { backends, findBackend } from '../../backends/registry.ts';
import { UserError } from '../errors.ts';
import { relatedTo } from '../manifest/claims.ts';
import { loadExperiment, loadTargets, targetNames } from '../manifest/load.ts';
import { type NetworkConfig, networksOf, type Target } from '../manifest/types.ts';
import { didYouMean } from '../nearest.ts';
import type { DataDigest, DataSet } from '../tasks/task.ts';
import { quoted } from '../text.ts';
import { type CommandOptions, commandOf } from './command.ts';
import { commandNaming, dataSetsOf, digestsOf, hasData, namedByData, withoutMissing } from './data.ts';
import { finishedJobs, makePlan, type PlanOptions } from './plan.ts';
import { type Evaluated, expectEvaluable } from './released.ts';
import type { Plan, PlannedJob } from './types.ts';

/** What is wanted, and where. */
export interface PrepareOptions extends CommandOptions {
  /** Id of a backend, or path of a user's own. */
  backend: string;
  /** Store folder. */
  store: string;
  /** A path that the user names for a data set. */
  data?: string;
  force: boolean;
  /** Columns of tables beside the paper's: one for each backend that has finished runs. */
  by?: 'backend';
}

/** What the named targets need, and what is to be shown of them. */
export interface Prepared {
  targets: Target[];
  /** The jobs that are asked for: those of `--rows`, where given. */
  plan: Plan;
  /** The jobs of all rows: what is recorded of the others is shown too. */
  shown: Plan;
  /** Recorded jobs of seeds that were not asked for. */
  unshown: PlannedJob[];
  /** Finished jobs of networks that no target shows, which its verdicts are shared with. */
  beside: PlannedJob[];
  /** Under `by: 'backend'`, what other backends have finished of all rows. */
  others: { backend: string; jobs: PlannedJob[] }[];
  evaluated: Evaluated | null;
  /** What computes, and what its runs go by. */
  backend: { id: string; numerics: number };
}

/** Loads the named targets, or with `all` all that have the profile, and makes the plan of their jobs. Starts no backend. */
export async function prepare(names: readonly string[], options: PrepareOptions): Promise<Prepared> {
  const { all, seeds, rows, force, store, weights, by } = options;
  if (by && weights !== undefined) {
    throw new UserError('--by backend shows trainings; --weights evaluates what others trained.', {
      fix: 'leave out one of --by and --weights',
    });
  }
  if (all && names.length > 0) {
    throw new UserError(
      `--all is given beside ${names.map(name => quoted(name)).join(', ')}; expected one of the two.`,
      {
        fix: 'name tables and figures, or give --all alone',
      },
    );
  }
  const from = options.experiment === undefined ? {} : { experiment: options.experiment };
  const released = weights === undefined ? null : await releasedOf(weights, from);
  const profile = options.profile ?? released?.faithful;
  const wanted = all
    ? await targetNames({ ...from, ...(profile !== undefined && { profile }) })
    : [...new Set(names)];
  if (wanted.length === 0) {
    throw new UserError('No table or figure is named.', {
      fix: `name some of ${(await targetNames(from)).join(', ')}, or --all`,
    });
  }
  const loaded = await loadTargets(wanted, profile, from);
  if (released) await expectEvaluable(wanted, loaded, released, options);
  const sets = dataSetsOf(loaded);
  const data = released
    ? await digestsOf(sets, 'train', names, options).catch(orNothing)
    : await digestsOf(sets, 'train', names, options);
  const evaluated = released && { ...released, data: await digestsOf(sets, 'evaluate', names, options) };
  const isHere = ({ name }: NetworkConfig, set: string) =>
    (name === evaluated?.weights.network ? evaluated.data : data).has(set);
  const targets = withoutMissing(loaded, isHere, (target, network, missing) =>
    evaluated
      ? whyNotEvaluated(target, network, missing[0]!, evaluated)
      : whyMissing(target, missing, namedByData(sets, options.data)),
  );
  const backend = await backendOf(options.backend);
  const asked = { ...(seeds && { seeds }), ...(options.device && { device: options.device }) };
  const common = { targets, backend, data, store, ...asked, ...(evaluated && { evaluated }) };
  const shown = await makePlan(common);
  const plan =
    rows || force || evaluated ? await makePlan({ ...common, force, ...(rows && { rows }) }) : shown;
  const unshown = seeds ? recordedBeside(shown, finishedJobs({ targets, backend, data, store })) : [];
  const beside = finishedBeside(targets, { backend, data, store });
  const others = by ? await finishedByOthers(backend.id, common) : [];
  // Under released weights nothing is trained: recorded trainings of other rows are shown, and no others asked for.
  const jobs = evaluated ? plan.jobs.filter(({ identity }) => identity.kind === 'evaluate') : plan.jobs;
  return { targets, plan: { ...plan, jobs }, shown, unshown, beside, others, evaluated, backend };
}

/** The finished jobs of all backends that come with Residuals but one, those of them that have any. */
async function finishedByOthers(own: string, options: PlanOptions): Promise<Prepared['others']> {
  const found: Prepared['others'] = [];
  for (const id of Object.keys(backends).filter(id => id !== own)) {
    const finished = finishedJobs({ ...options, backend: await backendOf(id) });
    if (finished.length > 0) found.push({ backend: id, jobs: finished });
  }
  return found;
}

/** What is finished of the networks that claims and families of cells speak of and the targets do not show. */
function finishedBeside(targets: readonly Target[], options: Omit<PlanOptions, 'targets'>): PlannedJob[] {
  const related = targets.flatMap(target => {
    if (target.kind === 'architecture') return [];
    const networks = relatedTo(target).filter(network => hasData(network, options.data));
    return networks.length > 0 ? [{ ...target, networks }] : [];
  });
  if (related.length === 0) return [];
  return finishedJobs({ ...options, targets: related });
}

/** Finished jobs that a plan does not have. */
function recordedBeside(shown: Plan, finished: readonly PlannedJob[]): PlannedJob[] {
  const keys = new Set(shown.jobs.map(({ key }) => key));
  return finished.filter(({ key }) => !keys.has(key));
}

/** Why nothing of what was asked for can be run here; null when something can, or nothing has to be. */
export function whyImpossible({ plan, evaluated }: Prepared): string | null {
  if (plan.jobs.length > 0) return null;
  const networks = plan.targets.flatMap(networksOf);
  const asked = evaluated ? networks.filter(({ name }) => name === evaluated.weights.network) : networks;
  const reasons = [...new Set(asked.flatMap(({ skipped }) => skipped?.reason ?? []))];
  if (reasons.length === 0) return null;
  return ['No run is possible here:', ...reasons].join(reasons.length === 1 ? ' ' : '\n  ');
}

/** Under released weights a data set may lack what only trainings need of it. */
function orNothing(error: unknown): Map<string, DataDigest> {
  if (error instanceof UserError) return new Map();
  throw error;
}

async function releasedOf(
  name: string,
  from: { experiment?: string },
): Promise<Pick<Evaluated, 'name' | 'weights'> & { faithful: string }> {
  const { released, faithful, id } = await loadExperiment(from.experiment);
  const weights = Object.hasOwn(released, name) ? released[name] : undefined;
  if (weights) return { name, weights, faithful };
  const known = Object.keys(released);
  const expected = known.length > 0 ? `expected ${known.join(' or ')}` : `${id} has no released weights`;
  throw new UserError(`--weights is ${quoted(name)}; ${expected}. ${didYouMean(name, known)}`.trim(), {
    fix: known.length > 0 ? `--weights ${known[0]}` : 'run it without --weights',
  });
}

async function backendOf(word: string): Promise<{ id: string; numerics: number }> {
  const found = await findBackend(word);
  if (found) return { id: found.name, numerics: found.backend.numerics };
  const known = Object.keys(backends);
  throw new UserError(
    `--backend is ${quoted(word)}; expected ${known.join(' or ')}. ${didYouMean(word, known)}`.trim(),
    { fix: `--backend ${known[0]}` },
  );
}

function whyMissing(
  { name, profile }: Target,
  missing: readonly DataSet[],
  named: DataSet | undefined,
): string {
  const all = [...new Set(named && !missing.includes(named) ? [named, ...missing] : missing)];
  const names = missing.map(set => set.name);
  const sets =
    names.length > 2 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join(' and ');
  const verb = names.length === 1 ? 'is' : 'are';
  return `${sets} ${verb} needed and cannot be fetched: ${commandNaming(all, 'train', [name], { profile })}`;
}

function whyNotEvaluated(
  target: Target,
  network: string,
  set: DataSet,
  { name, weights }: Evaluated,
): string {
  if (network === weights.network) {
    const command = commandOf([target.name], { weights: name }, [`--data ${set.provided?.evaluate}`]);
    return `images of ${set.name} are needed and cannot be fetched: ${command}`;
  }
  const command = commandOf([target.name], { profile: target.profile }, [`--data ${set.provided?.train}`]);
  return `nothing is trained with --weights ${name}, and no complete ${set.name} was found whose recorded trainings could be shown: ${command}`;
}
