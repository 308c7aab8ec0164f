import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { networksOfRow } from '../manifest/rows.ts';
import { root } from '../manifest/source.ts';
import type { NetworkPlan, Target } from '../manifest/types.ts';
import { didYouMean } from '../nearest.ts';
import { runKey } from '../record/keys.ts';
import { openStore, type Store } from '../record/store.ts';
import type { RunIdentity, RunRecord } from '../record/types.ts';
import type { DataSet } from '../tasks/classification/images.ts';
import { type CostModel, costModel } from './cost.ts';
import type { Plan, PlannedRun } from './types.ts';

/** What a plan is made for. */
export interface PlanOptions {
  /** All of one profile. */
  targets: readonly Target[];
  /** Seeds of every network; the protocol's number when absent. */
  seeds?: number;
  /** Labels of rows or curves, or names of networks; all when absent. */
  rows?: readonly string[];
  backend: { id: string; numerics: number };
  /** Digests of the data sets that are here. Networks that need another one are not run. */
  data: Readonly<Partial<Record<DataSet, string>>>;
  /** Store folder. */
  store: string;
  /** Runs that are recorded are planned as if they were not. */
  force?: boolean;
}

/** The runs that targets need, each once, and what the store holds of them. Longest first. */
export async function makePlan(options: PlanOptions): Promise<Plan> {
  const { targets, force = false } = options;
  const store = openStore(options.store);
  const wanted = wantedRuns(options);
  const states = await Promise.all(wanted.map(({ key }) => stateOf(store, key, force)));
  const incomplete = states.some(({ record }) => record === null);
  const costs = incomplete ? await costsFrom(store) : costModel([]);

  const runs = wanted.map((run, i): PlannedRun => {
    const { state, record } = states[i]!;
    const done = state.is === 'resumable' ? state.iteration : 0;
    return { ...run, state, cost: record ? spent(record) : costs(run.identity, done) };
  });
  runs.sort((a, b) => b.cost.seconds - a.cost.seconds);
  return { profile: targets[0]?.profile ?? '', targets: [...targets], runs };
}

type WantedRun = Pick<PlannedRun, 'key' | 'network' | 'identity' | 'targets'>;

/** Targets x networks x seeds; what several targets need is there once. */
function wantedRuns({ targets, seeds, rows, backend, data }: PlanOptions): WantedRun[] {
  const selected = rows && networksOf(rows, targets);
  const runs = new Map<string, WantedRun>();
  for (const target of targets) {
    for (const network of target.networks) {
      const digest = data[network.spec.data.set];
      if (network.notRun !== undefined || digest === undefined) continue;
      if (selected && !selected.has(network.name)) continue;
      for (let seed = 1; seed <= (seeds ?? network.seeds); seed++) {
        const identity = identityOf(network, seed, backend, digest);
        const key = runKey(identity);
        const run = runs.get(key) ?? { key, network: network.name, identity, targets: [] };
        run.targets.push(target.name);
        runs.set(key, run);
      }
    }
  }
  return [...runs.values()];
}

function identityOf(
  network: NetworkPlan,
  seed: number,
  backend: PlanOptions['backend'],
  data: string,
): RunIdentity {
  return { spec: network.spec, seed, data, backend: backend.id, numerics: backend.numerics };
}

/** Networks behind labels of rows and curves; a label that nothing has is a `UserError` with the nearest ones. */
function networksOf(labels: readonly string[], targets: readonly Target[]): Set<string> {
  const entries = targets.flatMap(target => [
    ...target.rows.map(row => ({ label: row.label, networks: networksOfRow(row) })),
    ...target.panels.flatMap(panel =>
      panel.curves.map(({ label, network }) => ({ label, networks: [network] })),
    ),
    ...target.networks.map(({ name }) => ({ label: name, networks: [name] })),
  ]);
  const known = [...new Set(entries.map(({ label }) => label))];
  if (known.length === 0) {
    const names = targets.map(({ name }) => name).join(', ');
    throw new UserError(`${names}: nothing is run, so there are no rows to choose.`, {
      fix: 'leave out --rows',
    });
  }
  const selected = new Set<string>();
  for (const label of labels) {
    const matching = entries.filter(entry => entry.label.toLowerCase() === label.toLowerCase());
    if (matching.length === 0) {
      throw new UserError(
        `${targets.map(({ name }) => name).join(', ')}: no row "${label}". ${didYouMean(label, known)}`.trim(),
        {
          fix: `use --rows with some of: ${known.join(', ')}`,
        },
      );
    }
    for (const name of matching.flatMap(({ networks }) => networks)) selected.add(name);
  }
  return selected;
}

async function stateOf(
  store: Store,
  key: string,
  force: boolean,
): Promise<{ state: PlannedRun['state']; record: RunRecord | null }> {
  if (force) return { state: { is: 'new' }, record: null };
  const record = await store.readRecord(key);
  if (record) return { state: { is: 'recorded' }, record };
  const iteration = await store.checkpointIteration(key);
  return { state: iteration === null ? { is: 'new' } : { is: 'resumable', iteration }, record: null };
}

/** Records of the store, and those committed under results/, tell what runs cost. A damaged one tells nothing. */
async function costsFrom(store: Store): Promise<CostModel> {
  const stores = [store, openStore(join(root, 'results'))];
  const reads = stores.flatMap(each => each.keys().map(key => each.readRecord(key)));
  const settled = await Promise.allSettled(reads);
  return costModel(settled.flatMap(read => (read.status === 'fulfilled' && read.value ? [read.value] : [])));
}

function spent({ provenance }: RunRecord): PlannedRun['cost'] {
  return { seconds: 0, finalSeconds: 0, basis: 'measured', memoryMiB: provenance.peakMemoryMiB };
}
