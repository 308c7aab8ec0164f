import { exitCodes } from '../harness/errors.ts';
import { loadExperiment, loadTargets, targetNames } from '../harness/manifest/load.ts';
import { openStore } from '../harness/record/store.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { jsonText } from '../harness/text.ts';
import { printable } from '../paper-tables/printable.ts';
import type { Terminal } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';
import { withFix } from './errors.ts';
import { count, type Field, moment, quantity, shortKey, shortPath, table } from './format.ts';
import type { Options } from './options.ts';
import { showingsOf } from './shown.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run ls [targets...]`: the records of a store. */
export const ls: Verb = {
  arguments: '[targets...]',
  description:
    'Lists the finished runs of a store by network, with seed, result, time of completion, key and profile: those of the named tables and figures, or all. What is the same for all of them is said once, above the list. Records that cannot be used are named below it.',
  options: ['experiment', 'profile', 'store', 'json'],
  exits: { failed: 'the store cannot be read' },
  environment: ['COLUMNS', 'NO_COLOR'],
  files: ['<store>/runs/<key>/record.json'],
  examples: [
    ['npm run ls', 'the default store'],
    ['npm run ls -- --store results', 'the evidence that comes with the repository'],
    ['npm run ls table6 -- --profile paper', "the runs of Table 6 under the paper's protocol"],
  ],
  async run(names, options) {
    const { records, unusable } = openStore(options.store).list();
    const chosen = (await choose(records, names, options)).map(describe).sort(byName);
    if (options.json) console.log(jsonText({ store: options.store, records: chosen, unusable }));
    else console.log(asText(printable(chosen), records.length, options.store, terminalOf()));
    for (const { problem, fix } of unusable) console.error(`\n${withFix(problem, fix)}`);
    return unusable.length > 0 ? exitCodes.usage : exitCodes.pass;
  },
};

/**
 * The records of an experiment, of a profile, and of those that the named targets show. A name that is in no record must
 * be one that there is: a store may be of other experiments than those that are here.
 */
async function choose(
  records: readonly JobRecord[],
  names: readonly string[],
  { profile, experiment }: Options,
): Promise<JobRecord[]> {
  const from = experiment === undefined ? {} : { experiment };
  const has = (what: 'experiment' | 'profile', name: string) =>
    records.some(({ asked }) => asked?.[what] === name);
  const id =
    experiment === undefined || has('experiment', experiment)
      ? experiment
      : (await loadExperiment(experiment)).id;
  if (profile !== undefined && !has('profile', profile)) await targetNames({ ...from, profile });
  const asked = records.filter(
    each =>
      (profile === undefined || each.asked?.profile === profile) &&
      (id === undefined || each.asked?.experiment === id),
  );
  if (names.length === 0) return asked;
  await loadTargets(names, profile, from); // are there such targets?
  const showings = await showingsOf(asked);
  return asked.filter(({ key }) => showings.get(key)!.some(({ target }) => names.includes(target)));
}

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
    dirty: code.some(({ dirty }) => dirty),
  };
}

function byName(a: Listed, b: Listed): number {
  const place = ({ experiment, profile, network, seed }: Listed) =>
    [experiment ?? '~', network, profile ?? '~', String(seed ?? 0).padStart(10)].join(' ');
  return new Intl.Collator('en', { numeric: true }).compare(place(a), place(b));
}

function asText(listed: readonly Listed[], all: number, store: string, { width }: Terminal): string {
  if (listed.length === 0)
    return `No finished runs${all > 0 ? ` of these among the ${all}` : ''} in ${shortPath(store)}.`;
  const varying = shared.filter(({ text }) => new Set(listed.map(text)).size > 1);
  const common = shared.filter(field => !varying.includes(field)).map(({ said }) => said(listed[0]!));
  const head = `${count(listed.length, 'run')} in ${shortPath(store)}: ${common.join(', ')}`;
  const network: Field<Listed> = {
    label: 'network',
    text: each => (listed[listed.indexOf(each) - 1]?.network === each.network ? '' : each.network),
  };
  return [
    ...wrapped(head, { limit: width }),
    '',
    table(listed, [network, ...fields, ...varying], width),
    '',
    ...wrapped('npm run show <key> shows all measures and curves of a run.', { limit: width }),
  ].join('\n');
}

const fields: readonly Field<Listed>[] = [
  { label: 'seed', right: true, text: ({ seed }) => (seed === null ? 'released' : String(seed)) },
  { label: 'result', right: true, text: each => resultOf(each)?.text ?? '–' },
  { label: '', text: each => resultOf(each)?.name ?? '', drop: 5 },
  { label: 'finished', text: ({ finishedAt }) => moment(finishedAt), drop: 4 },
  { label: 'key', text: ({ key }) => shortKey(key) },
];

/** What is said once when it is the same for all, and of each run when it is not. */
const shared: readonly (Field<Listed> & { said: (listed: Listed) => string })[] = [
  {
    label: 'profile',
    text: ({ profile }) => profile ?? '–',
    said: ({ profile }) => (profile === null ? 'no profile known' : `profile ${profile}`),
  },
  { label: 'commit', text: commitText, drop: 3, said: listed => `commit ${commitText(listed)}` },
  { label: 'engine', text: engineText, drop: 2, said: engineText },
  { label: 'machine', text: ({ cpu }) => cpu, drop: 1, said: ({ cpu }) => cpu },
];

/** The first measure of a run, which tasks list first for being the one that is looked for. */
function resultOf({ task, measures }: Listed): { text: string; name: string } | null {
  const [key] = Object.keys(measures);
  const measure = key === undefined ? undefined : taskOf(task).measures[key];
  if (!measure) return null;
  return { text: quantity(measures[key!], measure.unit, measure.decimals), name: measure.name };
}

function commitText({ commit, dirty }: Listed): string {
  return `${commit?.slice(0, 7) ?? 'unknown'}${dirty ? '+' : ''}`;
}

function engineText({ backend, variant }: Listed): string {
  return `${backend} (${variant})`;
}
