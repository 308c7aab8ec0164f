import { findBackend } from '../backends/registry.ts';
import { flag, npmRun } from '../harness/command.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { ExecutionResult, Outcome } from '../harness/execute/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { type Prepared, prepare, whyImpossible } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { listIfThere } from '../harness/record/files.ts';
import { jobFiles, openStore, type Store } from '../harness/record/store.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import { commandLines } from '../paper-tables/page-text.ts';
import { wrapped } from '../paper-tables/text.ts';
import { expectChoices } from './choices.ts';
import { claimsCode } from './claims-code.ts';
import { isToDo } from './costs.ts';
import { withFix } from './errors.ts';
import { count, jobName, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { otherCode } from './other-code.ts';
import { type Page, printPages, publishPages } from './pages.ts';
import { placesOf } from './places.ts';
import { sayUnusable } from './states.ts';
import { isSeen, remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run reproduce <targets...>`: from manifests to rendered tables and figures. */
export const reproduce: Verb = {
  arguments: '[targets...]',
  description:
    'Trains the networks that the named tables and figures need and shows the reproduced values beside the published ones. Runs that are finished in this store are not run again; stopped ones resume from their last checkpoint. The result comes last; --verbose prints every departure from the paper’s protocol above it.',
  options: [
    'all',
    'experiment',
    'profile',
    'seeds',
    'until-decided',
    'max-seeds',
    'rows',
    'weights',
    'backend',
    'device',
    'variant',
    'by',
    'jobs',
    'store',
    'data',
    'checkpoint-seconds',
    'force',
    'overwrite-pages',
    'claims',
    'from',
    'keep-going',
    'trace',
    'dry-run',
    'verbose',
    'json',
  ],
  exits: {
    pass: 'done; whatever could be compared agrees with the paper',
    differs: "a value differs from the paper's, or under --by backend from another backend's",
    inconclusive: "inconclusive: more seeds are needed (only under the paper's own protocol)",
    failed: 'a run failed, or data or backend are missing',
    interrupted: 'interrupted; the same command resumes from the checkpoints',
  },
  environment: [
    ...(['RESIDUALS_CIFAR10', 'RESIDUALS_IMAGENET', 'RESIDUALS_VOC', 'RESIDUALS_COCO'] as const),
    ...(['RESIDUALS_IMAGENET_DET', 'RESIDUALS_MNIST', 'RESIDUALS_DIGITS'] as const),
    ...(['RESIDUALS_PRETRAINED', 'RESIDUALS_PYTHON'] as const),
    ...(['RESIDUALS_TORCHRUN', 'RESIDUALS_CACHE', 'HTTPS_PROXY', 'NO_COLOR', 'CI', 'COLUMNS'] as const),
  ],
  files: [
    '<store>/runs/<key>/record.json',
    '<store>/rendered/<experiment>/<profile>/<backend>/',
    'experiments/<experiment>/',
  ],
  examples: [
    ['npm run reproduce table6', 'Table 6 under the profile mini, in about ten minutes on two cores'],
    ['npm run reproduce table6 -- --seeds 3', 'with seeds 1, 2 and 3 for every row'],
    ['npm run reproduce figure6 -- --until-decided', 'with further seeds for what is still open'],
    [
      'npm run reproduce table6 -- --rows ResNet-20 --profile paper',
      "one row under the paper's protocol, in a few hours",
    ],
    ['npm run reproduce table2 figure4', 'Table 2 and Figure 4, which share their runs'],
    [
      'npm run reproduce table3 -- --weights pretrained --data <folder with val/>',
      "ResNet-50 of Table 3 from the authors' weights, on your validation images of ImageNet",
    ],
    ['npm run reproduce table6 figure6 -- --dry-run', 'what that would run, and how long it would take'],
    [
      'npm run reproduce -- --from crate.zip',
      'what npm run export has put into an archive, and whether it comes again',
    ],
    [
      'npm run --silent reproduce table6 -- --json > table6.json',
      'for a program; progress goes to standard error',
    ],
  ],
  async run(names, options) {
    const backend = await findBackend(options.backend);
    if (backend) expectChoices(backend.name, backend.backend, options);
    if (options.from !== undefined) {
      if (names.length > 0 || options.all)
        throw new UserError('--from says what is run; tables and figures are named beside it.', {
          fix: npmRun('reproduce', [], flag('from', options.from)),
        });
      return (await import('./from-crate.ts')).reproduceFrom(options.from, options);
    }
    if (options.dryRun) return (await import('./plan.ts')).plan.run(names, options);
    const begin = performance.now();
    const remark = remarkFor(options);
    if (isSeen(options)) remark(`Reading the plan for ${options.all ? 'everything' : names.join(', ')} ...`);
    if (options.maxSeeds !== undefined && !options.untilDecided)
      throw new UserError('--max-seeds bounds what --until-decided adds, which is not given.', {
        fix: `--until-decided --max-seeds ${options.maxSeeds}`,
      });
    const settled = options.untilDecided
      ? await (await import('./until-decided.ts')).untilDecided(names, options)
      : null;
    if (settled?.result.interrupted || (settled && settled.result.failures.length > 0))
      return ended(names, settled.prepared, settled.result, options);
    const prepared = await prepare(names, options);
    const todo = options.untilDecided ? [] : prepared.plan.jobs.filter(isToDo);
    if (todo.length === 0 && !options.untilDecided) remark(`Plan: ${whyNothing(prepared)}`);
    await tidyBeside(
      prepared.plan.jobs.filter(job => !isToDo(job)),
      options.store,
    );
    const result = todo.length > 0 ? await run(todo, prepared, names, options) : nothingToDo();
    if (result.interrupted) sayHowToResume(names, todo, result, options);
    if (!result.interrupted && (todo.length > 0 || isSeen(options))) remark('Rendering the result ...');
    const pages = result.interrupted ? [] : await publishPages(prepared, options);
    if (options.json) {
      const seconds = Math.round(performance.now() - begin) / 1000;
      console.log(JSON.stringify(report(prepared, result, pages, options, seconds), null, 2));
    } else {
      if (!result.interrupted) for (const text of doubts(prepared, options)) remark(text);
      printPages(pages, options);
    }
    sayFailures(result, prepared.plan.jobs);
    const known = sayUnusable(unusableIn(prepared));
    const lost =
      sayUnusable(lostSince(prepared, pages)) === exitCodes.pass ? exitCodes.pass : exitCodes.failed;
    return exitCode(result, pages, Math.max(known, lost), options);
  },
};

/** What is told of runs that were stopped or failed before the pages are made; the exit code. */
function ended(
  names: readonly string[],
  { plan }: Prepared,
  result: ExecutionResult,
  options: Options,
): number {
  if (result.interrupted) sayHowToResume(names, plan.jobs.filter(isToDo), result, options);
  sayFailures(result, plan.jobs);
  return result.interrupted ? exitCodes.interrupted : exitCodes.failed;
}

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

/**
 * 130 interrupted, 4 a run failed or a record can no longer be read, 2 one cannot be used (`unusable`), 1 a cell or a claim differs, 3 one is inconclusive;
 * `scaled-down` and `not-run` pass.
 */
function exitCode(
  { interrupted, failures }: ExecutionResult,
  pages: readonly Page[],
  unusable: number,
  options: Options,
): number {
  if (interrupted) return exitCodes.interrupted;
  if (failures.length > 0) return exitCodes.failed;
  if (unusable !== exitCodes.pass) return unusable;
  const verdicts = pages.flatMap(({ view }) => kindOf(view).verdicts(view));
  const fails = ({ view }: Page) => (options.claims ?? (view.faithful ? 'fail' : 'report')) === 'fail';
  const claims = claimsCode(
    pages.filter(fails).flatMap(({ view }) => view.claims.map(({ verdict }) => verdict)),
  );
  if (verdicts.includes('differs') || claims === exitCodes.differs) return exitCodes.differs;
  return verdicts.includes('inconclusive') ? exitCodes.inconclusive : claims;
}

/** What `--json` prints. Files are absolute. */
function report(
  { plan }: Prepared,
  result: ExecutionResult,
  pages: readonly Page[],
  options: Options,
  seconds: number,
) {
  const store = openStore(options.store);
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
      outcome: outcomeOf(job, result, store),
    })),
    files: pages.flatMap(({ folder, files }) => Object.keys(files).map(name => `${folder}/${name}`)),
    seconds,
  };
}

function outcomeOf(
  { key, state }: PlannedJob,
  { outcomes, failures }: ExecutionResult,
  store: Store,
): Outcome | 'failed' | 'stopped' | 'not started' | 'unusable' {
  if (state.is === 'finished') return 'recorded';
  if (state.is === 'unusable') return 'unusable';
  const outcome = outcomes.get(key);
  if (outcome) return outcome;
  if (failures.some(failure => failure.key === key)) return 'failed';
  return store.done(key) === null ? 'not started' : 'stopped';
}

/** Why nothing has to be run. */
function whyNothing({ plan: { jobs, targets } }: Prepared): string {
  if (targets.every(({ kind }) => kind === 'architecture'))
    return 'nothing to run, computed from specifications.';
  if (jobs.length === 0) return 'nothing to run.';
  const unusable = jobs.filter(({ state }) => state.is === 'unusable').length;
  if (unusable > 0)
    return `nothing to run: ${jobs.length - unusable} of ${count(jobs.length, 'run')} finished, ${unusable} unusable.`;
  return `nothing to run, ${jobs.length === 1 ? 'the run is' : `all ${jobs.length} runs are`} finished.`;
}

/** The states of the runs of which the store holds what cannot be used: they are not run over it. */
function unusableIn({ plan }: Prepared) {
  return plan.jobs.flatMap(({ state }) => (state.is === 'unusable' ? { unusable: state } : []));
}

/** Records that could be used when the plan was made, and not when the pages were: a page without them is no success. */
function lostSince({ shown }: Prepared, pages: readonly Page[]) {
  const known = new Set(shown.jobs.flatMap(({ key, state }) => (state.is === 'unusable' ? [key] : [])));
  const lost = pages.flatMap(({ view }) => view.unusable).filter(({ key }) => !known.has(key));
  return [...new Map(lost.map(record => [record.key, { unusable: record }])).values()];
}

/** Why a result is not all that it could be: nothing can be run here, or other sources computed it than are here now. */
function doubts(prepared: Prepared, options: Options): string[] {
  const impossible = whyImpossible(prepared);
  return [...(impossible === null ? [] : impossible.split('\n')), ...otherCode(prepared, options)];
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
  const looking = options.untilDecided
    ? ['--until-decided', ...flag('max-seeds', options.maxSeeds?.toString())]
    : [];
  const more = [...looking, ...placesOf(options), ...(forced ? ['--force'] : [])];
  const command = commandOf(names, options, more);
  const terminal = terminalOf(process.stderr);
  const where = `Interrupted. Finished runs are recorded in ${shortPath(options.store)}; the others resume from their checkpoints there.`;
  const lines = [
    ...wrapped(where, { limit: terminal.width }),
    '',
    ...commandLines(command, terminal, '  resume with: '),
  ];
  console.error(`\n${lines.join('\n')}`);
}

function sayFailures({ failures }: ExecutionResult, jobs: readonly PlannedJob[]): void {
  if (failures.length === 0) return;
  console.error(`\n${count(failures.length, 'run')} failed. Everything recorded so far is kept.`);
  for (const { key, message, fix } of failures) {
    const job = jobs.find(each => each.key === key)!;
    console.error(`\n${withFix(`${jobName(job)}: ${message}`, fix)}`);
  }
}

/** Removes what a crash has left beside records; looked for only where there is more than a record and its events. */
async function tidyBeside(finished: readonly PlannedJob[], folder: string): Promise<void> {
  const store = openStore(folder);
  const usual: readonly string[] = [jobFiles.record, jobFiles.events];
  const keys = finished.map(({ key }) => key);
  const fuller = keys.filter(key => {
    const more = listIfThere(store.jobFolder(key)).filter(name => !usual.includes(name));
    const own = more.length > 0 ? Object.keys(store.record(key)?.result.artefacts ?? {}) : [];
    return more.some(name => !own.includes(name));
  });
  if (fuller.length > 0) (await import('../harness/execute/tidy.ts')).tidyFinished(store, fuller);
}
