import { join } from 'node:path';
import { exitCodes, UserError } from '../harness/errors.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { openStore } from '../harness/record/store.ts';
import type { JobRecord, TrainIdentity } from '../harness/record/types.ts';
import { namesThatDiffer } from '../harness/regress/bits.ts';
import { machineOf, seedResultOf } from '../harness/regress/runs.ts';
import { printable } from '../paper-tables/printable.ts';
import { wrapped } from '../paper-tables/text.ts';
import { isToDo } from './costs.ts';
import { executeJobs } from './execute.ts';
import { count, table } from './format.ts';
import type { Options } from './options.ts';
import { terminalOf } from './terminal.ts';

/** What was published: tables and figures with the keys of their runs, and the records of these. */
export interface Published {
  /** How messages call it. */
  name: string;
  experiment: string;
  targets: readonly { name: string; profile: string; backend: string; runs: readonly string[] }[];
  records: ReadonlyMap<string, JobRecord>;
}

/** A published run beside the same one of here. */
export interface Again {
  network: string;
  seed: number;
  /** `same bytes`; `other bytes` on one class of machine; `elsewhere`: on another, where bytes say nothing; or not run. */
  outcome: 'same bytes' | 'other bytes' | 'elsewhere' | 'not run';
  /** The first measure, there and here. */
  there: number;
  here: number | null;
}

/**
 * Runs what was published, of `rows` where they are named, and compares. In a store of its own, inside of the other: that
 * may hold the very records, and a record says nothing beside itself. Failures are told; `runs` is then empty.
 */
export async function runAgain(
  { name, experiment, targets, records }: Published,
  given: Options,
  command: string,
): Promise<{ runs: Again[]; exitCode: number }> {
  const options = { ...given, store: join(given.store, 'again') };
  const trained = [...records.values()].filter(isTraining);
  const groups = new Map<string, { profile: string; backend: string; names: string[]; keys: Set<string> }>();
  for (const { name: target, profile, backend, runs } of targets) {
    const id = JSON.stringify([profile, backend]);
    const group = groups.get(id) ?? { profile, backend, names: [], keys: new Set<string>() };
    group.names.push(target);
    for (const key of runs) group.keys.add(key);
    groups.set(id, group);
  }
  const own = new Set<string>();
  for (const { profile, backend, names, keys } of groups.values()) {
    const wanted = trained.filter(({ key }) => keys.has(key));
    const seeds = [...new Set(wanted.map(({ identity }) => identity.seed))].sort((a, b) => a - b);
    if (seeds.length === 0) continue;
    const asked = {
      ...options,
      experiment: options.experiment ?? experiment,
      profile,
      backend,
      seeds,
      all: false,
    };
    const prepared = await prepare(names, asked);
    expectKeys(wanted, new Set(prepared.shown.jobs.map(({ key }) => key)), name);
    const planned = prepared.plan.jobs.filter(({ key }) => keys.has(key));
    for (const { key } of planned) own.add(key);
    const todo = planned.filter(isToDo);
    if (todo.length === 0) continue;
    const result = await executeJobs(todo, prepared, asked, command);
    if (result.interrupted) return { runs: [], exitCode: exitCodes.interrupted };
    for (const { message } of result.failures) console.error(message);
    if (result.failures.length > 0) return { runs: [], exitCode: exitCodes.failed };
  }
  if (own.size === 0)
    throw new UserError(`${name} holds no training of these, so there is nothing to run again.`);
  const store = openStore(options.store);
  const { compare } = new Intl.Collator('en', { numeric: true });
  const runs = trained
    .filter(({ key }) => own.has(key))
    .map(record => compared(record, store.record(record.key)))
    .sort((a, b) => compare(a.network, b.network) || a.seed - b.seed);
  return { runs, exitCode: exitCodeOf(runs) };
}

/** The runs one below the other, and what became of them. */
export function againText(again: readonly Again[], name: string): string {
  const { width } = terminalOf();
  const all = printable(again);
  const of = (outcome: Again['outcome']) => all.filter(each => each.outcome === outcome).length;
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(2));
  const fields = [
    { label: 'network', text: ({ network }: Again) => network },
    { label: 'seed', right: true, text: ({ seed }: Again) => String(seed) },
    { label: 'there', right: true, text: ({ there }: Again) => number(there) },
    { label: 'here', right: true, text: ({ here }: Again) => number(here) },
    { label: '', text: ({ outcome }: Again) => words[outcome] },
  ] as const;
  const result = `${count(all.length, 'run')} of ${name}: ${of('same bytes')} ended in the same bytes here, ${of('other bytes')} in others, ${of('elsewhere')} on another class of machine, where bytes say nothing.`;
  return ['', table(all, fields, width), '', ...wrapped(result, { limit: width })].join('\n');
}

const words: Readonly<Record<Again['outcome'], string>> = {
  'same bytes': '✓ same bytes',
  'other bytes': '✕ other bytes on the same class of machine',
  elsewhere: '? another class of machine',
  'not run': '– not run',
};

function exitCodeOf(runs: readonly Again[]): number {
  if (runs.some(({ outcome }) => outcome === 'other bytes')) return exitCodes.differs;
  return runs.every(({ outcome }) => outcome === 'same bytes') ? exitCodes.pass : exitCodes.inconclusive;
}

/** A run is known by its key: with other protocols or data here it would be another run. */
function expectKeys(
  records: readonly JobRecord<TrainIdentity>[],
  planned: ReadonlySet<string>,
  name: string,
): void {
  const other = records.find(({ key }) => !planned.has(key));
  if (!other) return;
  const { network, identity, key } = other;
  throw new UserError(
    `${name}: ${network}, seed ${identity.seed}, is the run ${key.slice(0, 12)} there and another one here: the protocol, the data or the numerics of the backend are not the same.`,
    { fix: `git checkout ${other.provenance.code.at(-1)?.commit ?? 'the commit that ran it'}` },
  );
}

function compared(there: JobRecord<TrainIdentity>, found: JobRecord | null): Again {
  const { network, identity, result } = there;
  const [name, value] = Object.entries(result.measures)[0]!;
  const common = { network, seed: identity.seed, there: value };
  if (!found || !isTraining(found)) return { ...common, outcome: 'not run', here: null };
  const here = found.result.measures[name] ?? null;
  const differs = namesThatDiffer(
    seedResultOf({ record: there, trace: null }),
    seedResultOf({ record: found, trace: null }),
  );
  if (differs.length === 0) return { ...common, outcome: 'same bytes', here };
  const isSameClass = JSON.stringify(machineOf(there)) === JSON.stringify(machineOf(found));
  return { ...common, outcome: isSameClass ? 'other bytes' : 'elsewhere', here };
}

function isTraining(record: JobRecord): record is JobRecord<TrainIdentity> {
  return record.identity.kind === 'train';
}
