import { prepare } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore, type Store } from '../harness/record/store.ts';
import { columns, measureText, shortKey, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run status [targets...]`: the state of the runs, also while another process works on them. */
export const status: Verb = {
  arguments: '[targets...]',
  description:
    'Shows the state of every run of the named tables and figures (all by default): finished, running (with its process id), stopped at a checkpoint, or not started.',
  options: ['experiment', 'profile', 'seeds', 'rows', 'backend', 'store', 'json'],
  examples: [
    ['npm run status', 'all runs of the profile mini in the default store'],
    ['npm run status table6 -- --profile paper', 'those of Table 6 under the protocol of the paper'],
  ],
  async run(names, options) {
    const { plan } = await prepare(names, names.length > 0 ? options : { ...options, all: true });
    const store = openStore(options.store);
    const states = plan.jobs.map(job => stateOf(job, store));
    if (options.json) {
      const runs = plan.jobs.map(({ key, network, identity }, i) => ({
        key,
        network,
        seed: identity.kind === 'train' ? identity.seed : null,
        ...states[i]!,
      }));
      console.log(JSON.stringify({ profile: plan.profile, runs }, null, 2));
      return 0;
    }
    const rows = plan.jobs.map(({ network, identity, key }, i) => [
      network,
      identity.kind === 'train' ? String(identity.seed) : '-',
      shortKey(key),
      say(states[i]!, identity),
    ]);
    console.log(`profile ${plan.profile}, store ${shortPath(options.store)}\n`);
    console.log(columns(['network', 'seed', 'key', 'state'], rows, [1]));
    return 0;
  },
};

interface State {
  state: 'finished' | 'running' | 'stopped' | 'not started';
  done: number;
  total: number;
  measures: Readonly<Record<string, number>> | null;
  /** The process that works on it. */
  pid: number | null;
}

function stateOf({ key, state, cost }: PlannedJob, store: Store): State {
  const { total } = cost;
  const pid = lockHolder(store.jobFolder(key))?.pid ?? null;
  const rest = { total, measures: null, pid };
  if (pid === null && state.is === 'recorded')
    return { ...rest, state: 'finished', done: total, measures: store.record(key)?.result.measures ?? null };
  const done = state.is === 'resumable' ? state.done : 0;
  if (pid !== null) return { ...rest, state: 'running', done };
  return { ...rest, state: state.is === 'resumable' ? 'stopped' : 'not started', done };
}

function say({ state, done, total, measures, pid }: State, identity: PlannedJob['identity']): string {
  const at = done > 0 ? `, last checkpoint at ${done}/${total}` : '';
  if (state === 'finished') {
    const [name] = Object.keys(measures ?? {});
    return name === undefined ? 'finished' : `finished, ${measureText(identity, name, measures![name])}`;
  }
  if (state === 'running') return `running in process ${pid}${at}`;
  return state === 'stopped' ? `stopped at ${done}/${total}` : 'not started';
}
