import { statSync } from 'node:fs';
import { isAbsent, systemProblem } from '../../ml/data/system.ts';
import { MissingDataError } from '../../ml/errors.ts';
import { Explained, exitCodes, UserError } from '../errors.ts';
import { type NetworkConfig, networksOf, type Target } from '../manifest/types.ts';
import { type TaskId, taskOf } from '../tasks/registry.ts';
import type { DataDigest, DataSet, JobKind } from '../tasks/task.ts';
import { type CommandOptions, commandOf } from './command.ts';
import type { Plan, PlannedJob } from './types.ts';

/** The data sets that networks of the targets are trained on, by name. */
export function dataSetsOf(targets: readonly Target[]): Map<string, DataSet> {
  const networks = targets.flatMap(networksOf).filter(({ skipped }) => !skipped);
  return new Map(networks.flatMap(network => [...setsOf(network)]));
}

/** Whether all data that a network is trained on are here, and those of the trainings that it needs. */
export function hasData(
  network: Pick<NetworkConfig, 'task' | 'spec'>,
  data: ReadonlyMap<string, DataDigest>,
): boolean {
  return [...setsOf(network).keys()].every(name => data.has(name));
}

function setsOf({ task, spec }: Pick<NetworkConfig, 'task' | 'spec'>): Map<string, DataSet> {
  const { dataSets, needsOf } = taskOf(task);
  // Whatever the seed, it is trained on the same.
  const needed = Object.values(needsOf(spec, 1)).flatMap(need => [
    ...setsOf({ task: need.task as TaskId, spec: need.spec }),
  ]);
  return new Map([[spec.data.set, dataSets[spec.data.set]!], ...needed]);
}

/**
 * The paths that the user names, by data set. `--data` is of the only set that is needed; of several, of the one that cannot
 * be fetched and recognises it, else of one that can be fetched, and of those that the same variable names. Environment
 * variables name the others. `all`: the sets of the whole command, where some have nothing left to do.
 */
export function pathsOf(
  needed: ReadonlyMap<string, DataSet>,
  data: string | undefined,
  all: ReadonlyMap<string, DataSet> = needed,
): Map<string, string | undefined> {
  const owner = namedByData(all, data);
  return new Map(
    [...needed].map(([name, set]) => [
      name,
      set.variable === owner?.variable ? data : process.env[set.variable] || undefined,
    ]),
  );
}

/**
 * Digests of the data sets that are here or can be fetched. What is not where it should be fails with what fixes the command
 * that was typed, any other fault with what mends it; a set that only an evaluation needs may lack what trainings would need of it.
 */
export async function digestsOf(
  needed: ReadonlyMap<string, DataSet>,
  kind: JobKind,
  names: readonly string[],
  options: CommandOptions & { data?: string },
): Promise<Map<string, DataDigest>> {
  expectOwner(needed, options.data, kind);
  const owner = namedByData(needed, options.data);
  const paths = pathsOf(needed, options.data);
  const digests = new Map<string, DataDigest>();
  for (const [name, set] of needed) {
    try {
      const digest = await set.digest(paths.get(name), kind);
      if (digest) digests.set(name, digest);
    } catch (error) {
      if (!(error instanceof Explained)) throw error;
      const elsewhere = error instanceof MissingDataError ? set.provided?.[kind] : undefined;
      const fix =
        elsewhere === undefined
          ? (error.fix ?? 'npm run data')
          : commandNaming([...new Set([owner ?? set, set])], kind, names, options);
      throw new UserError(error.message, { fix, exitCode: error.exitCode, cause: error });
    }
  }
  return digests;
}

/** The command that names sets which are not where they should be: the first one with `--data`, others by their variables. */
export function commandNaming(
  [first, ...others]: readonly DataSet[],
  kind: JobKind,
  names: readonly string[],
  options: CommandOptions,
): string {
  const seen = new Set([first!.variable]);
  const elsewhere = others.filter(({ variable }) => !seen.has(variable) && seen.add(variable));
  const variables = elsewhere.map(set => `${set.variable}=${set.provided?.[kind]} `).join('');
  return variables + commandOf(names, options, [`--data ${first!.provided?.[kind]}`]);
}

/** The set that `--data` names; undefined without the option. */
export function namedByData(
  needed: ReadonlyMap<string, DataSet>,
  data: string | undefined,
): DataSet | undefined {
  return data === undefined ? undefined : needed.get(ownerOf(needed, data) ?? '');
}

/** Fails with a `UserError` when `--data` names what is none of the sets that are needed. */
function expectOwner(needed: ReadonlyMap<string, DataSet>, data: string | undefined, kind: JobKind): void {
  if (data === undefined || needed.size === 0 || namedByData(needed, data)) return;
  const sets = [...needed.values()].filter(({ drawn }) => !drawn);
  if (sets.length === 0) {
    throw new UserError(`--data ${data}: no data are needed here but what Residuals draws itself.`, {
      fix: 'run the same command without --data, or name another --profile',
    });
  }
  const expected = sets.map(set => `${set.name} (${set.provided?.[kind] ?? 'which is fetched'})`);
  expectThere(data);
  throw new UserError(`--data ${data}: it is none of the sets that are needed: ${expected.join(', ')}.`, {
    fix: `--data ${sets[0]!.provided?.[kind]}`,
  });
}

/** Fails with a `UserError` when a path that the user names for data of these jobs of a plan does not lead to anything. */
export function expectNamedData(
  jobs: readonly PlannedJob[],
  { targets }: Pick<Plan, 'targets'>,
  { data }: { data?: string },
): void {
  for (const path of pathsOf(setsOfJobs(jobs), data, dataSetsOf(targets)).values()) {
    if (path !== undefined) expectThere(path);
  }
}

/** The data sets that jobs are trained or tested on, by name. */
export function setsOfJobs(jobs: readonly Pick<PlannedJob, 'identity'>[]): Map<string, DataSet> {
  return new Map(
    jobs.map(({ identity: { task, spec } }) => [spec.data.set, taskOf(task).dataSets[spec.data.set]!]),
  );
}

function expectThere(path: string): void {
  try {
    statSync(path);
  } catch (error) {
    const { reason, fix } = systemProblem(error, path)!;
    const message = isAbsent(error, path) ? `${path} does not exist.` : `${path} cannot be read, ${reason}.`;
    throw new UserError(message, { fix, exitCode: exitCodes.failed, cause: error });
  }
}

/** The targets, with a reason at every network whose data are not here, by the sets; `isHere` is asked for each set of each. */
export function withoutMissing(
  targets: readonly Target[],
  isHere: (network: NetworkConfig, set: string) => boolean,
  reason: (target: Target, network: string, sets: readonly DataSet[]) => string,
): Target[] {
  return targets.map(target => {
    if (target.kind === 'architecture') return target;
    const networks = target.networks.map(network => {
      const missing = [...setsOf(network)].flatMap(([name, set]) => (isHere(network, name) ? [] : [set]));
      if (network.skipped || missing.length === 0) return network;
      return { ...network, skipped: { reason: reason(target, network.name, missing) } };
    });
    return { ...target, networks };
  });
}

function ownerOf(needed: ReadonlyMap<string, DataSet>, data: string): string | undefined {
  const sets = [...needed].filter(([, set]) => !set.drawn);
  if (sets.length === 1) return sets[0]![0];
  const recognised = sets.find(([, set]) => set.provided !== null && set.recognises(data));
  return (recognised ?? sets.find(([, set]) => set.provided === null))?.[0];
}
