import { availableParallelism } from 'node:os';
import type { Plan, PlannedRun } from '../harness/plan/types.ts';
import { columns, count, duration, shortKey, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { commandOf, prepare } from './prepare.ts';
import { Estimate } from './progress/estimate.ts';
import type { Verb } from './verb.ts';

/** `npm run plan <targets...>`: what would run and what it costs. Runs nothing, fetches nothing. */
export const plan: Verb = {
  arguments: '[targets...]',
  description: `Says what \`reproduce\` would run for the named tables and figures, what is recorded already, what would
go on from a checkpoint, and the cost of each run: measured where this store or results/ has a record
of the same network and sizes, else estimated from multiply-adds. Runs nothing and fetches nothing.`,
  options: ['all', 'profile', 'seeds', 'rows', 'backend', 'jobs', 'store', 'force', 'json'],
  examples: [
    ['npm run plan table6', 'the runs of Table 6 under the profile mini'],
    ['npm run plan -- --all --profile paper', 'the cost of everything as in the paper'],
  ],
  async run(names, options) {
    const { plan } = await prepare(names, options);
    console.log(options.json ? JSON.stringify(asJson(plan, options), null, 2) : asText(plan, names, options));
    return 0;
  },
};

function asText(plan: Plan, names: readonly string[], options: Options): string {
  const rows = plan.runs.map(run => [
    run.network,
    String(run.identity.seed),
    shortKey(run.key),
    stateOf(run),
    costOf(run),
  ]);
  const { todo, threadSeconds, seconds, workers } = totals(plan, options);
  const missing = notRun(plan);
  return [
    `${plan.targets.map(target => target.name).join(', ')} under the profile ${plan.profile}, store ${shortPath(options.store)}`,
    '',
    ...(rows.length === 0
      ? []
      : [columns([['network', 'seed', 'key', 'state', 'remaining cost'], ...rows], [1])]),
    ...missing.map(({ networks, why }) => `${networks.join(', ')}: not run. ${why}`),
    ...(rows.length + missing.length > 0 ? [''] : []),
    todo.length === 0
      ? nothingToDo(plan)
      : `${count(todo.length, 'run')} to do of ${plan.runs.length}: ${Math.round(threadSeconds)} thread-seconds, about ${duration(seconds)} on ${count(workers, 'worker')}; up to ${memoryOf(todo, workers)} MiB.`,
    ...(todo.length === 0 ? [] : [`\n  run it: ${commandOf(names, options)}`]),
  ].join('\n');
}

function nothingToDo({ runs, targets }: Plan): string {
  if (targets.every(({ kind }) => kind === 'architecture')) {
    return 'Nothing to run: computed from specifications.';
  }
  if (runs.length === 0) return 'Nothing that can be run here.';
  return `Nothing to run: all ${count(runs.length, 'run')} are recorded.`;
}

/** Networks that are not run, those with the same reason together. */
function notRun({ targets }: Plan): { networks: string[]; why: string }[] {
  const networks = new Map(targets.flatMap(t => t.networks).map(network => [network.name, network.notRun]));
  const reasons = new Set([...networks.values()].filter(why => why !== undefined));
  return [...reasons].map(why => ({
    networks: [...networks].filter(([_, reason]) => reason === why).map(([name]) => name),
    why,
  }));
}

function stateOf({ state, identity }: PlannedRun): string {
  if (state.is === 'resumable') return `resumable at ${state.iteration}/${identity.spec.schedule.iterations}`;
  return state.is;
}

function costOf({ state, cost }: PlannedRun): string {
  if (state.is === 'recorded') return '-';
  return `${Math.max(1, Math.round(cost.seconds))} thread-seconds (${cost.basis}), ${Math.round(cost.memoryMiB)} MiB`;
}

function totals(plan: Plan, { jobs }: Options) {
  const todo = plan.runs.filter(run => run.state.is !== 'recorded');
  const workers = Math.max(1, Math.min(jobs ?? availableParallelism(), todo.length));
  const threadSeconds = todo.reduce((sum, run) => sum + run.cost.seconds, 0);
  return {
    todo,
    workers,
    threadSeconds,
    seconds: todo.length === 0 ? 0 : new Estimate(todo, workers).seconds,
  };
}

function memoryOf(todo: readonly PlannedRun[], workers: number): number {
  const sizes = todo.map(run => run.cost.memoryMiB).sort((a, b) => b - a);
  return Math.round(sizes.slice(0, workers).reduce((sum, size) => sum + size, 0));
}

function asJson(plan: Plan, options: Options) {
  const { threadSeconds, seconds, workers } = totals(plan, options);
  return {
    targets: plan.targets.map(({ name }) => name),
    profile: plan.profile,
    runs: plan.runs.map(({ key, network, identity, state, cost }) => ({
      key,
      network,
      seed: identity.seed,
      state,
      cost,
    })),
    notRun: notRun(plan),
    threadSeconds,
    workers,
    seconds,
  };
}
