import { exitCodes } from '../harness/errors.ts';
import { openStore } from '../harness/record/store.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { withFix } from './errors.ts';
import { columns, quantity, shortKey, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run ls`: the records of a store. */
export const ls: Verb = {
  arguments: '',
  description:
    'Lists the finished runs of a store: key, network, profile that asked for it, seed, first measure, when and on what machine. Records that cannot be used are named below.',
  options: ['store', 'json'],
  examples: [
    ['npm run ls', 'the default store'],
    ['npm run ls -- --store results', 'the evidence that comes with the repository'],
  ],
  async run(_, options) {
    const { records, unusable } = openStore(options.store).list();
    const listed = records.map(describe).sort(byName);
    if (options.json)
      console.log(JSON.stringify({ store: options.store, records: listed, unusable }, null, 2));
    else if (listed.length === 0) console.log(`No finished runs in ${shortPath(options.store)}.`);
    else console.log(columns(head, listed.map(row), [3, 4]));
    for (const { problem, fix } of unusable) console.error(`\n${withFix(problem, fix)}`);
    return unusable.length > 0 ? exitCodes.usage : exitCodes.pass;
  },
};

type Listed = ReturnType<typeof describe>;

function describe({ key, network, asked, identity, result, provenance }: JobRecord) {
  const { finishedAt, cpu, session, code } = provenance;
  return {
    key,
    network,
    kind: identity.kind,
    experiment: asked?.experiment ?? null,
    profile: asked?.profile ?? null,
    seed: identity.kind === 'train' ? identity.seed : null,
    task: identity.task,
    measures: result.measures,
    finishedAt,
    backend: identity.backend,
    variant: session.variant,
    cpu,
    commit: code.at(-1)?.commit ?? null,
  };
}

function byName(a: Listed, b: Listed): number {
  const place = ({ experiment, profile, network, seed }: Listed) =>
    [experiment ?? '~', profile ?? '~', network, String(seed ?? 0).padStart(10)].join(' ');
  return new Intl.Collator('en', { numeric: true }).compare(place(a), place(b));
}

const head = ['key', 'network', 'profile', 'seed', 'result', 'finished', 'machine'];

function row({
  key,
  network,
  profile,
  seed,
  task,
  measures,
  finishedAt,
  backend,
  variant,
  cpu,
}: Listed): string[] {
  const [name] = Object.keys(measures);
  const measure = name === undefined ? undefined : taskOf(task).measures[name];
  return [
    shortKey(key),
    network,
    profile ?? '-',
    seed === null ? 'released' : String(seed),
    measure ? quantity(measures[name!], measure.unit, measure.decimals) : '-',
    finishedAt.slice(0, 16).replace('T', ' '),
    `${cpu}, ${backend} (${variant})`,
  ];
}
