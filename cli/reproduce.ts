import { exitCodes } from '../harness/errors.ts';
import type { ExecutionResult, Outcome } from '../harness/execute/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { type Prepared, prepare, whyImpossible } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { sourcesDigest } from '../harness/record/sources.ts';
import { openStore } from '../harness/record/store.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import { withFix } from './errors.ts';
import { count, jobName, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { type Page, printPage, publishPages } from './pages.ts';
import { placesOf } from './places.ts';
import type { Verb } from './verb.ts';

/** `npm run reproduce <targets...>`: from manifests to rendered tables and figures. */
export const reproduce: Verb = {
  arguments: '[targets...]',
  description:
    'Trains what the named tables and figures of the paper need and shows the reproduced values beside the published ones. Runs that this store has recorded already are not run again; interrupted ones resume from their last checkpoint. Every departure from the paper’s protocol is printed below.',
  options: [
    'all',
    'experiment',
    'profile',
    'seeds',
    'rows',
    'weights',
    'backend',
    'device',
    'variant',
    'jobs',
    'store',
    'data',
    'checkpoint-seconds',
    'force',
    'overwrite-pages',
    'keep-going',
    'dry-run',
    'json',
  ],
  examples: [
    ['npm run reproduce table6', 'Table 6 under the profile mini, in about ten minutes on two cores'],
    ['npm run reproduce table6 -- --seeds 3', 'with seeds 1, 2 and 3 for every row'],
    [
      'npm run reproduce table6 -- --rows ResNet-20 --profile paper',
      'one row under the protocol of the paper, in some hours',
    ],
    ['npm run reproduce table2 figure4', 'Table 2 and Figure 4, which share their runs'],
    [
      'npm run reproduce table3 -- --weights pretrained --data <folder with val/>',
      "ResNet-50 of Table 3 from the authors' weights, on your validation images of ImageNet",
    ],
    ['npm run reproduce table6 figure6 -- --dry-run', 'what that would run, and how long it would take'],
    [
      'npm run --silent reproduce table6 -- --json > table6.json',
      'for a program; progress goes to standard error',
    ],
  ],
  async run(names, options) {
    if (options.dryRun) return (await import('./plan.ts')).plan.run(names, options);
    const begin = performance.now();
    const prepared = await prepare(names, options);
    const todo = prepared.plan.jobs.filter(({ state }) => state.is !== 'recorded');
    const result = todo.length > 0 ? await run(todo, prepared, names, options) : nothingToDo();
    if (result.interrupted) sayHowToResume(names, todo, result, options);
    const pages = result.interrupted ? [] : await publishPages(prepared, options);
    if (options.json) {
      const seconds = Math.round(performance.now() - begin) / 1000;
      console.log(JSON.stringify(report(prepared, result, pages, seconds), null, 2));
    } else {
      for (const page of pages) printPage(page);
      const impossible = whyImpossible(prepared);
      if (impossible !== null) console.log(`\n${impossible}`);
      if (!result.interrupted) sayOtherCode(prepared, options);
    }
    sayFailures(result, prepared.plan.jobs);
    return exitCode(result, pages);
  },
};

function nothingToDo(): ExecutionResult {
  return { outcomes: new Map(), failures: [], interrupted: false };
}

async function run(
  todo: readonly PlannedJob[],
  prepared: Prepared,
  names: readonly string[],
  options: Options,
): Promise<ExecutionResult> {
  const { executeJobs } = await import('./execute.ts');
  return executeJobs(todo, prepared, options, commandOf(names, options));
}

/** 130 interrupted, 4 a run failed, 1 a cell differs, 3 a cell is inconclusive; `scaled-down` and `not-run` pass. */
function exitCode({ interrupted, failures }: ExecutionResult, pages: readonly Page[]): number {
  if (interrupted) return exitCodes.interrupted;
  if (failures.length > 0) return exitCodes.failed;
  const verdicts = pages.flatMap(({ view }) => kindOf(view).verdicts(view));
  if (verdicts.includes('differs')) return exitCodes.differs;
  return verdicts.includes('inconclusive') ? exitCodes.inconclusive : exitCodes.pass;
}

/** What `--json` prints. Files are absolute. */
function report({ plan }: Prepared, result: ExecutionResult, pages: readonly Page[], seconds: number) {
  return {
    targets: pages.map(({ view, kept, unshown }) => {
      const { name, experiment, profile, claims, deviations } = view;
      const page = kept ? 'kept' : 'written';
      const moreSeeds = unshown?.seeds ?? 0;
      return { name, experiment, profile, page, moreSeeds, claims, deviations, ...kindOf(view).json(view) };
    }),
    runs: plan.jobs.map(job => ({
      key: job.key,
      network: job.network,
      kind: job.identity.kind,
      seed: job.identity.kind === 'train' ? job.identity.seed : null,
      outcome: outcomeOf(job, result),
    })),
    files: pages.flatMap(({ folder, files }) => Object.keys(files).map(name => `${folder}/${name}`)),
    seconds,
  };
}

function outcomeOf(
  { key, state }: PlannedJob,
  { outcomes, failures, interrupted }: ExecutionResult,
): Outcome | 'failed' | 'interrupted' | 'not started' {
  if (state.is === 'recorded') return 'recorded';
  const outcome = outcomes.get(key);
  if (outcome) return outcome;
  if (failures.some(failure => failure.key === key)) return 'failed';
  return interrupted ? 'interrupted' : 'not started';
}

/** Recorded runs that other sources computed than those that are here now: they stand, and can be computed again. */
function sayOtherCode({ plan }: Prepared, options: Options): void {
  const store = openStore(options.store);
  const recorded = plan.jobs.filter(({ state }) => state.is === 'recorded');
  if (recorded.length === 0) return;
  const now = sourcesDigest(options.backend);
  const other = recorded.filter(({ key }) => {
    const sources = store.record(key)?.provenance.code.at(-1)?.sources;
    return sources !== now;
  });
  if (other.length === 0) return;
  console.log(
    `\n${count(other.length, 'run')} of ${recorded.length} ${other.length === 1 ? 'was' : 'were'} computed by other sources than those that are here now; --force computes them again.`,
  );
}

function sayHowToResume(
  names: readonly string[],
  todo: readonly PlannedJob[],
  { outcomes }: ExecutionResult,
  options: Options,
): void {
  // What was recorded before can only be resumed by force; a new run would be started over by it.
  const store = openStore(options.store);
  const forced = options.force && todo.some(({ key }) => !outcomes.has(key) && store.read(key) !== null);
  const command = commandOf(names, options, [...placesOf(options), ...(forced ? ['--force'] : [])]);
  console.error(
    `\nInterrupted. Finished runs are recorded; the others are checkpointed in ${shortPath(options.store)}.`,
  );
  console.error(`\n  resume with: ${command}`);
}

function sayFailures({ failures }: ExecutionResult, jobs: readonly PlannedJob[]): void {
  if (failures.length === 0) return;
  console.error(`\n${count(failures.length, 'run')} failed. Everything recorded so far is kept.`);
  for (const { key, message, fix } of failures) {
    const job = jobs.find(each => each.key === key)!;
    console.error(`\n${withFix(`${jobName(job)}: ${message}`, fix)}`);
  }
}
