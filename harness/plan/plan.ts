import { join } from 'node:path';
import { root } from '../checkout.ts';
import { UserError } from '../errors.ts';
import { type NetworkConfig, networksOf, networksOfRow, type Target } from '../manifest/types.ts';
import { didYouMean } from '../nearest.ts';
import { isNamedWrongly, readIfThere } from '../record/files.ts';
import { jobKey } from '../record/keys.ts';
import { isWhole } from '../record/needs.ts';
import { jobFiles, openStore, type Store, storeVersion } from '../record/store.ts';
import { type JobIdentity, type JobRecord, type TrainIdentity, version } from '../record/types.ts';
import { type TaskId, taskOf } from '../tasks/registry.ts';
import type { DataDigest } from '../tasks/task.ts';
import { quoted } from '../text.ts';
import { commandOf } from './command.ts';
import { type CostModel, costModel, spent } from './cost.ts';
import { hasData } from './data.ts';
import { type Evaluated, evaluationOf } from './released.ts';
import type { JobState, Plan, PlannedJob } from './types.ts';

/** What a plan is made for. */
export interface PlanOptions {
  /** All of one profile. */
  targets: readonly Target[];
  /** Seeds of every network; 1 to the protocol's number, and all that are recorded, when absent. */
  seeds?: readonly number[];
  /** Labels of rows or curves, or names of networks; all when absent. */
  rows?: readonly string[];
  backend: { id: string; numerics: number };
  /** Digests of the data sets that are here; networks that need another one are skipped already. */
  data: ReadonlyMap<string, DataDigest>;
  /** Released weights, which are evaluated in the place of training their network. */
  evaluated?: Evaluated;
  /** Store folder. */
  store: string;
  /** A kind of device that is asked for: what jobs cost is told by its records. */
  device?: string;
  /** Jobs that are recorded are planned as if they were not. */
  force?: boolean;
}

/** The jobs that targets need, each once, and what the store holds of them. Longest first. */
export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { targets } = options;
  const profile = targets[0]?.profile ?? '';
  const store = openStore(options.store);
  const found = withNeeds(lookedUp(options, store), store);
  const missing = found.some(({ record }) => !record);
  const costs = missing ? costsFrom(store, profile, options.device) : costModel([]);
  const jobs = found.map(({ job, state, record }): PlannedJob => {
    const done = state.is === 'stopped' ? state.done : 0;
    return { ...job, state, cost: record ? spent(record) : costs(job.identity, done) };
  });
  jobs.sort((a, b) => b.cost.seconds - a.cost.seconds);
  return { profile, targets: [...targets], jobs };
}

/** The jobs of a plan that are finished. What the others would cost is not asked: that takes every record there is. */
export function finishedJobs(options: PlanOptions): PlannedJob[] {
  const found = lookedUp(options, openStore(options.store));
  return found.flatMap(({ job, state, record }) => (record ? [{ ...job, state, cost: spent(record) }] : []));
}

/**
 * The same, where a recorded job whose files are not all there is computed again if one that is not finished needs them: a copy
 * of a store may hold the records alone.
 */
function withNeeds(found: readonly LookedUp[], store: Store): LookedUp[] {
  const byKey = new Map(found.map(each => [each.job.key, each]));
  const again = new Set<string>();
  const visit = ({ job }: LookedUp) => {
    for (const key of job.needs) {
      const need = byKey.get(key);
      if (!need?.record || again.has(key) || isWhole(store, key)) continue;
      again.add(key);
      visit(need);
    }
  };
  for (const each of found) if (each.state.is !== 'finished') visit(each);
  return found.map(each => {
    const { job } = each;
    if (!again.has(job.key)) return each;
    return { job: { ...job, again: true }, state: { is: 'not started' }, record: null };
  });
}

interface LookedUp {
  job: WantedJob;
  state: JobState;
  record: JobRecord | null;
}

type WantedJob = Omit<PlannedJob, 'state' | 'cost'>;

/** The jobs that are wanted, and what the store holds of them. */
function lookedUp(options: PlanOptions, store: Store): LookedUp[] {
  const { seeds, force = false } = options;
  // What is to be computed again is what would be computed in the first place.
  const wanted = wantedJobs(options, seeds || force ? () => [] : recordedSeeds(store, options));
  return wanted.map(job => ({ job, ...stateOf(store, job.key, force) }));
}

/** Seeds that trainings of a network are recorded with, besides those that are known. */
type MoreSeeds = (network: NetworkConfig, known: readonly number[]) => number[];

/**
 * Which seeds there are is read off the records as they lie there; one of the network, told by its key, is verified. Fails
 * where the system refuses one that may be of another seed: a page would then rest on less than is recorded.
 */
function recordedSeeds(store: Store, options: PlanOptions): MoreSeeds {
  const own = new Set(usualKeys(options));
  const keys = new Set(store.keys().filter(key => !own.has(key)));
  const seeds = new Set([...keys].flatMap(key => writtenSeed(store.jobFolder(key)) ?? []));
  const isRecorded = (key: string) => {
    const reading = keys.has(key) ? unlessNone(() => store.read(key)) : null;
    return reading !== null && 'record' in reading;
  };
  return (network, known) =>
    [...seeds].filter(
      seed => !known.includes(seed) && isRecorded(jobKey(trainingOf(network, seed, options))),
    );
}

/** Seeds that were read, by folder: a key is of one seed for good, and a command makes several plans. */
const writtenSeeds = new Map<string, number>();

/** The seed in the identity of a record, which comes first in it. */
function writtenSeed(folder: string): number | null {
  const known = writtenSeeds.get(folder);
  if (known !== undefined) return known;
  const text = unlessNone(() => readIfThere(join(folder, jobFiles.record)))?.toString('latin1') ?? '';
  const [, seed] = /"seed":\s*(\d{1,15})\b/.exec(text) ?? [];
  if (seed === undefined) return null;
  writtenSeeds.set(folder, Number(seed));
  return Number(seed);
}

/** The jobs of the protocol's own seeds: what is wrong with their records is told where they are read. */
function usualKeys(options: PlanOptions): string[] {
  const { targets, data } = options;
  const networks = targets.flatMap(networksOf).filter(network => !network.skipped && hasData(network, data));
  return networks.flatMap(network =>
    Array.from({ length: network.seeds }, (_, i) => jobKey(trainingOf(network, i + 1, options))),
  );
}

/** Null for what is in the place of a record and is none. */
function unlessNone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { message, fix, exitCode, cause } = error;
    if (isNamedWrongly(cause) || (cause as NodeJS.ErrnoException)?.code === 'ENOENT') return null;
    throw new UserError(`${message} So it is not known which seeds are recorded.`, {
      fix: `${fix}, or name the seeds: --seeds <seeds>`,
      exitCode,
      cause,
    });
  }
}

/** Targets x networks x seeds; what several targets need is there once. */
function wantedJobs(options: PlanOptions, more: MoreSeeds): WantedJob[] {
  const { targets, seeds, rows, evaluated, backend } = options;
  const selected = rows && selectedNetworks(rows, targets);
  const jobs = new Map<string, WantedJob>();
  const want = (target: Target, network: string, identity: JobIdentity, needs: readonly string[] = []) => {
    const key = jobKey(identity);
    const asked = { experiment: target.experiment.id, profile: target.profile };
    const job = jobs.get(key) ?? { key, network, asked, identity, needs, targets: [], names: {} };
    if (!job.targets.includes(target.name)) job.targets.push(target.name);
    job.names[target.name] ??= network;
    jobs.set(key, job);
  };
  const trained = targets.flatMap(target =>
    networksOf(target)
      .filter(({ name, skipped }) => !skipped && name !== evaluated?.weights.network)
      .filter(({ name }) => !selected || selected.has(name))
      .flatMap(network => (seeds ?? seedsFor(network, more)).map(seed => ({ target, network, seed }))),
  );
  for (const target of targets) {
    const evaluation = evaluated && evaluationOf(target, evaluated, backend);
    if (evaluation) want(target, evaluated.weights.network, evaluation);
  }
  // Networks first: their own names go before what they are to others.
  for (const { target, network, seed } of trained) {
    const identity = trainingOf(network, seed, options);
    want(target, network.name, identity, Object.values(identity.inputs.jobs ?? {}));
  }
  for (const { target, network, seed } of trained) {
    for (const { label, identity, needs } of neededBy(network, seed, options))
      want(target, `${network.name}, ${label}`, identity, needs);
  }
  return [...jobs.values()];
}

function seedsFor(network: NetworkConfig, more: MoreSeeds): number[] {
  const own = Array.from({ length: network.seeds }, (_, i) => i + 1);
  return [...own, ...more(network, own)].sort((a, b) => a - b);
}

type Trained = Pick<NetworkConfig, 'task' | 'spec'>;

/** All trainings that one needs, those first that others need. */
function neededBy(
  { task, spec }: Trained,
  seed: number,
  options: PlanOptions,
): { label: string; identity: TrainIdentity; needs: readonly string[] }[] {
  return Object.values(taskOf(task).needsOf(spec, seed)).flatMap(need => {
    const own = { task: need.task as TaskId, spec: need.spec };
    const identity = trainingOf(own, need.seed, options);
    const needs = Object.values(identity.inputs.jobs ?? {});
    const before = neededBy(own, need.seed, options).map(each =>
      need.apart ? { ...each, label: `${need.label}, ${each.label}` } : each,
    );
    return [...before, { label: need.label, identity, needs }];
  });
}

function trainingOf({ task, spec }: Trained, seed: number, options: PlanOptions): TrainIdentity {
  const { backend, data } = options;
  const jobs = Object.entries(taskOf(task).needsOf(spec, seed)).map(([role, need]) => {
    const own = { task: need.task as TaskId, spec: need.spec };
    return [role, jobKey(trainingOf(own, need.seed, options))] as const;
  });
  const inputs = {
    data: data.get(spec.data.set)!.digest,
    ...(jobs.length > 0 && { jobs: Object.fromEntries(jobs) }),
  };
  return {
    version,
    kind: 'train',
    task,
    spec,
    seed,
    inputs,
    backend: backend.id,
    numerics: backend.numerics,
  };
}

/** Networks behind labels of rows and curves; a label that nothing has is a `UserError` with the nearest ones. */
function selectedNetworks(labels: readonly string[], targets: readonly Target[]): Set<string> {
  const entries = targets.flatMap(labelled);
  const known = [...new Set(entries.map(({ label }) => label))];
  const names = targets.map(({ name }) => name);
  if (known.length === 0) {
    throw new UserError(`${names.join(', ')}: nothing is run, so there are no rows to choose.`, {
      fix: commandOf(names, {}),
    });
  }
  const selected = new Set<string>();
  for (const label of labels) {
    const matching = entries.filter(entry => entry.label.toLowerCase() === label.toLowerCase());
    if (matching.length === 0) {
      throw new UserError(
        `${names.join(', ')}: no row ${quoted(label)}. ${didYouMean(label, known)}`.trim(),
        {
          fix: `use --rows with some of: ${known.join(', ')}`,
        },
      );
    }
    for (const name of matching.flatMap(({ networks }) => networks)) selected.add(name);
  }
  return selected;
}

function labelled(target: Target): { label: string; networks: string[] }[] {
  const own = networksOf(target).map(({ name }) => ({ label: name, networks: [name] }));
  switch (target.kind) {
    case 'table':
      return [...target.rows.map(row => ({ label: row.label, networks: networksOfRow(row) })), ...own];
    case 'figure':
      return [
        ...target.panels.flatMap(({ curves }) =>
          curves.map(({ label, network }) => ({ label, networks: [network] })),
        ),
        ...own,
      ];
    case 'architecture':
      return [];
  }
}

/** What cannot be used, a record or a checkpoint, is the state of its job and stops no other; force does not go over it. */
function stateOf(store: Store, key: string, force: boolean): { state: JobState; record: JobRecord | null } {
  try {
    const record = store.record(key);
    if (record && !force) return { state: { is: 'finished' }, record };
    // Beside a record lies the checkpoint of a forced attempt, which goes on; any other one is discarded by force.
    const done = record ? store.doneAgain(record) : force ? null : store.done(key);
    return { state: done === null ? { is: 'not started' } : { is: 'stopped', done }, record: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { state: { is: 'unusable', problem: error.message, fix: error.fix ?? '' }, record: null };
  }
}

/** Records of the store, and those committed under results/, tell what jobs cost. One that cannot be used tells nothing. */
function costsFrom(store: Store, profile: string, device?: string): CostModel {
  const evidence = join(root, 'results');
  const more = store.folder === evidence ? [] : recordsThere(evidence);
  const storeOf = new Map([
    ...store.list().records.map(record => [record, store.folder] as const),
    ...more.map(record => [record, evidence] as const),
  ]);
  const machine = { profile, ...(device && { device }) };
  return costModel([...storeOf.keys()], machine, record => storeOf.get(record)!);
}

function recordsThere(folder: string): JobRecord[] {
  try {
    return storeVersion(folder) === version ? openStore(folder).list().records : [];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
