import type { PlannedRun } from '../harness/plan/types.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore, type Store } from '../harness/record/store.ts';
import { columns, percent, shortKey, shortPath } from './format.ts';
import { prepare } from './prepare.ts';
import type { Verb } from './verb.ts';

/** `npm run status [targets...]`: how far the runs are, also while another process trains them. */
export const status: Verb = {
  arguments: '[targets...]',
  description: `Says of every run of the named tables and figures, of all when none is named, whether it is finished,
in training (and by which process), stopped at a checkpoint, or not begun.`,
  options: ['profile', 'seeds', 'rows', 'backend', 'store', 'json'],
  examples: [
    ['npm run status', 'all runs of the profile mini in the default store'],
    ['npm run status table6 -- --profile paper', 'those of Table 6 under the protocol of the paper'],
  ],
  async run(names, options) {
    const { plan } = await prepare(names, names.length > 0 ? options : { ...options, all: true });
    const store = openStore(options.store);
    const states = await Promise.all(plan.runs.map(run => stateOf(run, store)));
    if (options.json) {
      const runs = plan.runs.map(({ key, network, identity }, i) => ({
        key,
        network,
        seed: identity.seed,
        ...states[i]!,
      }));
      console.log(JSON.stringify({ profile: plan.profile, runs }, null, 2));
      return 0;
    }
    const rows = plan.runs.map(({ network, identity, key }, i) => [
      network,
      String(identity.seed),
      shortKey(key),
      say(states[i]!),
    ]);
    console.log(`profile ${plan.profile}, store ${shortPath(options.store)}\n`);
    console.log(columns([['network', 'seed', 'key', 'state'], ...rows], [1]));
    return 0;
  },
};

interface State {
  state: 'finished' | 'running' | 'stopped' | 'not begun';
  iteration: number;
  iterations: number;
  testError: number | null;
  /** The process that trains it. */
  pid: number | null;
}

async function stateOf({ key, state, identity }: PlannedRun, store: Store): Promise<State> {
  const { iterations } = identity.spec.schedule;
  const pid = lockHolder(store.runFolder(key))?.pid ?? null;
  const rest = { iterations, testError: null, pid };
  if (pid === null && state.is === 'recorded') {
    const record = await store.readRecord(key);
    return { ...rest, state: 'finished', iteration: iterations, testError: record?.result.testError ?? null };
  }
  const iteration = state.is === 'resumable' ? state.iteration : 0;
  if (pid !== null) return { ...rest, state: 'running', iteration };
  return { ...rest, state: state.is === 'resumable' ? 'stopped' : 'not begun', iteration };
}

function say({ state, iteration, iterations, testError, pid }: State): string {
  const at = iteration > 0 ? `, last checkpoint at ${iteration}/${iterations}` : '';
  if (state === 'finished') return `finished, test error ${percent(testError)}`;
  if (state === 'running') return `running in process ${pid}${at}`;
  return state === 'stopped' ? `stopped at ${iteration}/${iterations}` : 'not begun';
}
