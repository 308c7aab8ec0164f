import { Explained, exitCodes } from '../harness/errors.ts';
import { networksOf } from '../harness/manifest/types.ts';
import type { Plan, PlannedJob } from '../harness/plan/types.ts';
import { lockHolder } from '../harness/record/lock.ts';
import type { Store } from '../harness/record/store.ts';
import { paint, type Style, type Terminal } from '../paper-tables/terminal.ts';
import { withFix } from './errors.ts';
import { count } from './format.ts';

/** The states of a run, in the words of every command. `waiting` and `failed` are known only while runs are executed. */
export type State = 'not started' | 'waiting' | 'running' | 'stopped' | 'failed' | 'finished' | 'unusable';

/** The state of a run, and how far it is. */
export interface Standing {
  state: State;
  /** Iterations or images: what the last checkpoint holds, or all of them. */
  done: number;
  total: number;
  /** The process that works on it, and its host. */
  pid: number | null;
  host: string | null;
  /** Which file of the run cannot be used and why, and what helps. */
  unusable: Unusable | null;
}

type Unusable = { problem: string; fix: string };

/** What stands beside a run in a state. */
export const stateMarks: Readonly<Record<State, { mark: string; style: Style }>> = {
  'not started': { mark: '·', style: 'dim' },
  waiting: { mark: '·', style: 'yellow' },
  running: { mark: '▸', style: 'cyan' },
  stopped: { mark: '■', style: 'yellow' },
  failed: { mark: '✕', style: 'red' },
  finished: { mark: '✓', style: 'green' },
  unusable: { mark: '!', style: 'red' },
};

/** The state of a run in a store, also while another process works on it. Changes nothing. */
export function standingOf({ key, state, cost }: PlannedJob, store: Store): Standing {
  const { total } = cost;
  const done = state.is === 'stopped' ? state.done : 0;
  const idle = { done, total, pid: null, host: null, unusable: null };
  if (state.is === 'unusable') return { ...idle, state: state.is, unusable: state };
  try {
    const holder = lockHolder(store.jobFolder(key));
    if (holder) return { ...idle, state: 'running', pid: holder.pid, host: holder.host };
    return { ...idle, state: state.is, done: state.is === 'finished' ? total : done };
  } catch (error) {
    if (!(error instanceof Explained)) throw error;
    return { ...idle, state: 'unusable', unusable: { problem: error.message, fix: error.fix ?? '' } };
  }
}

/** A run with its state, for programs. */
export function runJson(
  { key, network, identity, targets }: PlannedJob,
  { unusable, ...standing }: Standing,
) {
  const seed = identity.kind === 'train' ? identity.seed : null;
  const { problem, fix } = unusable ?? { problem: null, fix: null };
  return { key, network, kind: identity.kind, seed, targets, ...standing, problem, fix };
}

/** Names each file that cannot be used on standard error, with what helps; the exit code of a command that shows states. */
export function sayUnusable(found: readonly { unusable: Unusable | null }[]): number {
  const unusable = found.flatMap(each => each.unusable ?? []);
  for (const { problem, fix } of unusable) console.error(`\n${withFix(problem, fix)}`);
  return unusable.length > 0 ? exitCodes.usage : exitCodes.pass;
}

/** `stopped at 95/800`, `running in process 4711, last checkpoint at 95/800`. */
export function standingText({ state, done, total, pid }: Standing): string {
  if (state === 'stopped') return `stopped at ${done}/${total}`;
  if (state !== 'running') return state;
  return `running in process ${pid}${done > 0 ? `, last checkpoint at ${done}/${total}` : ''}`;
}

/** A text behind the mark of a state, in its colour. */
export function withStateMark(state: State, text: string, terminal: Terminal): string {
  const { mark, style } = stateMarks[state];
  return `${paint(mark, style, terminal)} ${text}`;
}

/** `12 runs: 5 finished, 1 running, 6 not started`. */
export function totalText(standings: readonly Standing[]): string {
  const order: readonly State[] = ['finished', 'running', 'stopped', 'not started', 'unusable'];
  const parts = order.flatMap(state => {
    const number = standings.filter(each => each.state === state).length;
    return number > 0 ? [`${number} ${state}`] : [];
  });
  return `${count(standings.length, 'run')}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}

/** The runs of a plan in the order of the paper: by page, as their table or figure has them, and by seed; what one needs before it. */
export function inPaperOrder({ jobs, targets }: Plan): PlannedJob[] {
  const pages = [...targets].sort((a, b) => a.page - b.page);
  const order = pages.flatMap(target => networksOf(target).map(({ name }) => `${target.name} ${name}`));
  const placeOf = ({ network, targets }: PlannedJob) => {
    const places = targets.map(target => order.indexOf(`${target} ${network}`)).filter(place => place >= 0);
    return Math.min(...places, order.length);
  };
  const seedOf = ({ identity }: PlannedJob) => (identity.kind === 'train' ? identity.seed : 0);
  const byKey = new Map(jobs.map(job => [job.key, job]));
  const ordered = new Set<PlannedJob>();
  const add = (job: PlannedJob) => {
    for (const key of job.needs) if (byKey.has(key)) add(byKey.get(key)!);
    ordered.add(job);
  };
  for (const job of [...jobs].sort((a, b) => placeOf(a) - placeOf(b) || seedOf(a) - seedOf(b))) add(job);
  return [...ordered];
}
