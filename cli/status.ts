import { npmRun } from '../harness/command.ts';
import { prepare } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { openStore, type Store } from '../harness/record/store.ts';
import { count, measureText, seedText, shortKey, shortPath, table } from './format.ts';
import { storeOf } from './places.ts';
import {
  inPaperOrder,
  runJson,
  type Standing,
  sayUnusable,
  standingOf,
  standingText,
  totalText,
  withStateMark,
} from './states.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run status [targets...]`: the state of the runs, also while another process works on them. */
export const status: Verb = {
  arguments: '[targets...]',
  description:
    'Shows the state of every run of the named tables and figures (all by default): finished, running (with its process id), stopped at a checkpoint, not started, or unusable: a record or checkpoint that cannot be read is named below and stops no other.',
  options: ['experiment', 'profile', 'seeds', 'rows', 'backend', 'store', 'json'],
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
  files: ['<store>/runs/<key>/record.json'],
  examples: [
    ['npm run status', 'all runs of the profile mini in the default store'],
    ['npm run status table6 -- --profile paper', "the runs of Table 6 under the paper's protocol"],
  ],
  async run(names, options) {
    const { plan } = await prepare(names, names.length > 0 ? options : { ...options, all: true });
    const store = openStore(options.store);
    const runs = inPaperOrder(plan).map(job => runOf(job, store));
    if (options.json) {
      console.log(
        JSON.stringify(
          {
            profile: plan.profile,
            runs: runs.map(({ job, measures, standing }) => ({ ...runJson(job, standing), measures })),
          },
          null,
          2,
        ),
      );
      return sayUnusable(runs.map(({ standing }) => standing));
    }
    const terminal = terminalOf();
    const fields = [
      { label: 'network', text: ({ job }: Run) => job.network },
      { label: 'seed', right: true, text: ({ job }: Run) => seedText(job.identity) },
      { label: 'state', text: (run: Run) => withStateMark(run.standing.state, say(run), terminal) },
      { label: 'shown in', text: ({ job }: Run) => job.targets.join(', '), drop: 2 },
      { label: 'key', text: ({ job }: Run) => shortKey(job.key), drop: 1 },
    ] as const;
    console.log(`profile ${plan.profile}, store ${shortPath(options.store)}\n`);
    if (runs.length > 0) console.log(`${table(runs, fields, terminal.width)}\n`);
    const standings = runs.map(({ standing }) => standing);
    console.log(totalText(standings));
    const known = new Set(runs.map(({ job }) => job.key));
    const others = store.list().unusable.filter(({ key }) => !known.has(key)).length;
    if (others > 0)
      console.log(`${count(others, 'more record')} cannot be used: ${npmRun('ls', [], storeOf(options))}`);
    return sayUnusable(standings);
  },
};

interface Run {
  job: PlannedJob;
  standing: Standing;
  measures: Readonly<Record<string, number>> | null;
}

function runOf(job: PlannedJob, store: Store): Run {
  const standing = standingOf(job, store);
  const record = standing.state === 'finished' ? store.record(job.key) : null;
  return { job, standing, measures: record?.result.measures ?? null };
}

function say({ job, standing, measures }: Run): string {
  const [name] = Object.keys(measures ?? {});
  const text = standingText(standing);
  return name === undefined ? text : `${text}, ${measureText(job.identity, name, measures![name])}`;
}
