import { join } from 'node:path';
import type { ReleasedEvaluation } from '../harness/aggregate/evaluated.ts';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import type { ExecutionResult } from '../harness/execute/types.ts';
import type { PlannedRun } from '../harness/plan/types.ts';
import { readEvaluation } from '../harness/record/evaluations.ts';
import { readScores, type Scores } from '../harness/record/scores.ts';
import { openStore, runFiles, type Store } from '../harness/record/store.ts';
import type { RunRecord } from '../harness/record/types.ts';
import { viewText } from '../paper-tables/view-text.ts';
import { withFix } from './errors.ts';
import { count, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { commandOf, type Prepared, placesOf, prepare, whyImpossible } from './prepare.ts';
import { type Rendered, render } from './rendered.ts';
import { exitCode, report } from './report.ts';
import type { Verb } from './verb.ts';

/** `npm run reproduce <targets...>`: from manifests to rendered tables and figures. */
export const reproduce: Verb = {
  arguments: '[targets...]',
  description: `Trains what the named tables and figures of the paper need and shows the reproduced values beside
the published ones. Runs that this store has recorded already are not run again; interrupted ones
go on from their last checkpoint. Every departure from the paper's protocol is printed below.`,
  options: [
    'all',
    'profile',
    'seeds',
    'rows',
    'weights',
    'backend',
    'lowering',
    'jobs',
    'store',
    'data',
    'checkpoint-seconds',
    'force',
    'keep-going',
    'dry-run',
    'json',
  ],
  examples: [
    ['npm run reproduce table6', 'Table 6 under the profile mini, in about ten minutes on two cores'],
    ['npm run reproduce table6 --seeds=3', 'with three seeds for every row'],
    [
      'npm run reproduce table6 --rows=ResNet-20 --profile=paper',
      'one row under the protocol of the paper, in some hours',
    ],
    ['npm run reproduce table2 figure4', 'Table 2 and Figure 4, which share their runs'],
    [
      'npm run reproduce table3 -- --weights pretrained --data <folder with val/>',
      "ResNet-50 of Table 3 from the authors' weights, on your validation images of ImageNet",
    ],
    ['npm run reproduce table6 figure6 --dry-run', 'what that would run, and how long it would take'],
    ['npm run reproduce table6 --json > table6.json', 'for a program; progress stays on standard error'],
  ],
  async run(names, options) {
    if (options.dryRun) return (await import('./plan.ts')).plan.run(names, options);
    const begin = performance.now();
    const prepared = await prepare(names, options);
    const todo = prepared.plan.runs.filter(run => run.state.is !== 'recorded');
    const evaluations = prepared.evaluations.filter(({ state }) => state.is !== 'recorded');
    const command = commandOf(names, options);
    const result =
      evaluations.length > 0
        ? await evaluateAll(evaluations, options, command)
        : todo.length > 0
          ? await trainAll(todo, options, command)
          : nothingToDo;
    if (result.interrupted) sayHowToGoOn(names, options);
    const rendered = result.interrupted ? [] : await renderAll(prepared, options);
    if (options.json) {
      const seconds = (performance.now() - begin) / 1000;
      console.log(
        JSON.stringify(
          report(
            { runs: prepared.plan.runs, evaluations: prepared.evaluations },
            result,
            rendered,
            options.store,
            seconds,
          ),
          null,
          2,
        ),
      );
    } else {
      for (const each of rendered) print(each, options.store);
      const impossible = whyImpossible(prepared);
      if (impossible !== null) console.log(`\n${impossible}`);
    }
    sayFailures(result, prepared.plan.runs);
    return exitCode(result, rendered);
  },
};

const nothingToDo: ExecutionResult = { outcomes: new Map(), failures: [], interrupted: false };

async function trainAll(todo: PlannedRun[], options: Options, command: string): Promise<ExecutionResult> {
  const { train } = await import('./train.ts');
  return train(todo, options, command);
}

async function evaluateAll(
  todo: PlannedEvaluation[],
  options: Options,
  command: string,
): Promise<ExecutionResult> {
  const { evaluate } = await import('./evaluate.ts');
  return evaluate(todo, options, command);
}

/** Lays out the targets with all that is recorded of them, including rows that were not asked for this time. */
async function renderAll({ targets, shown, evaluations }: Prepared, options: Options): Promise<Rendered[]> {
  const store = openStore(options.store);
  const records = new Map<string, RunRecord>();
  for (const { key } of shown.runs) {
    const record = await store.readRecord(key);
    if (record) records.set(key, record);
  }
  const rendered = [];
  for (const target of targets) {
    const byNetwork = new Map<string, RunRecord[]>();
    const bySeed = [...shown.runs].sort((a, b) => a.identity.seed - b.identity.seed);
    for (const run of bySeed.filter(run => run.targets.includes(target.name))) {
      const record = records.get(run.key);
      if (record) byNetwork.set(run.network, [...(byNetwork.get(run.network) ?? []), record]);
    }
    const { rows: _, all: __, ...same } = options;
    const command = commandOf([target.name], { ...same, all: false });
    const folder = store.renderedFolder(target.profile);
    const scoresOf = (record: RunRecord) => scoresIn(store, record);
    const released = evaluationsOf(target.name, evaluations, options.store);
    rendered.push(await render(target, byNetwork, folder, command, scoresOf, released));
  }
  return rendered;
}

function evaluationsOf(
  target: string,
  planned: readonly PlannedEvaluation[],
  store: string,
): Map<string, ReleasedEvaluation> {
  const found = planned
    .filter(each => each.target === target)
    .map(({ key, weights }) => ({ weights, record: readEvaluation(store, key) }))
    .filter((each): each is ReleasedEvaluation => each.record !== null);
  return new Map(found.map(each => [each.record.network, each]));
}

/** The scores beside a record; null for a run without tests, or when the file is not there. */
function scoresIn(store: Store, { key, result }: RunRecord): Scores | null {
  const { scores } = result.digests;
  return scores === undefined ? null : readScores(join(store.runFolder(key), runFiles.scores), scores);
}

function print({ view, files }: Rendered, store: string): void {
  console.log(`\n${viewText(view)}`);
  console.log(`\nWritten to ${shortPath(join(store, 'rendered', view.profile))}: ${files.join(', ')}`);
}

function sayHowToGoOn(names: readonly string[], options: Options): void {
  const { store } = options;
  const command = commandOf(names, options, placesOf(options));
  console.error(
    `\nInterrupted. What had finished is recorded, the rest lies at checkpoints in ${shortPath(store)}.`,
  );
  console.error(`\n  go on: ${command}`);
}

function sayFailures({ failures }: ExecutionResult, runs: readonly PlannedRun[]): void {
  if (failures.length === 0) return;
  console.error(`\n${count(failures.length, 'run')} failed; what was recorded before is kept.`);
  for (const { key, message, fix } of failures) {
    const run = runs.find(run => run.key === key)!;
    console.error(`\n${withFix(`${run.network}, seed ${run.identity.seed}: ${message}`, fix)}`);
  }
}
