import { join } from 'node:path';
import { exitCodes, UserError } from '../harness/errors.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { openStore } from '../harness/record/store.ts';
import type { JobRecord, TrainIdentity } from '../harness/record/types.ts';
import { namesThatDiffer } from '../harness/regress/bits.ts';
import { machineOf, seedResultOf } from '../harness/regress/runs.ts';
import { jsonText } from '../harness/text.ts';
import { printable } from '../paper-tables/printable.ts';
import { wrapped } from '../paper-tables/text.ts';
import { readCrate } from '../reports/crate/read.ts';
import { isToDo } from './costs.ts';
import { executeJobs } from './execute.ts';
import { count, table } from './format.ts';
import type { Options } from './options.ts';
import { terminalOf } from './terminal.ts';

/** A run of a crate beside the same one of here. */
interface Again {
  network: string;
  seed: number;
  /** `same bytes`; `other bytes` on one class of machine; `elsewhere`: on another, where bytes say nothing; or not run. */
  outcome: 'same bytes' | 'other bytes' | 'elsewhere' | 'not run';
  /** The first measure, there and here. */
  there: number;
  here: number | null;
}

/**
 * `npm run reproduce -- --from <crate>`: runs what an archive holds, and compares. In a store of its own, inside of the
 * other: that may hold the very records that the archive was made of, and a record says nothing beside itself.
 */
export async function reproduceFrom(file: string, given: Options): Promise<number> {
  const { contents, records } = readCrate(file);
  const options = { ...given, store: join(given.store, 'again') };
  const trained = [...records.values()].filter(isTraining);
  const own = trained.filter(({ key }) => contents.targets.some(({ runs }) => runs.includes(key)));
  if (own.length === 0)
    throw new UserError(`${file} holds no training, so there is nothing to run again.`, {
      fix: 'npm run export -- --all',
    });
  const groups = new Map<string, { profile: string; backend: string; names: string[]; keys: Set<string> }>();
  for (const { name, profile, backend, runs } of contents.targets) {
    const id = JSON.stringify([profile, backend]);
    const group = groups.get(id) ?? { profile, backend, names: [], keys: new Set<string>() };
    group.names.push(name);
    for (const key of runs) group.keys.add(key);
    groups.set(id, group);
  }
  const experiment = options.experiment ?? contents.experiment;
  for (const { profile, backend, names, keys } of groups.values()) {
    const wanted = own.filter(({ key }) => keys.has(key));
    const seeds = [...new Set(wanted.map(({ identity }) => identity.seed))].sort((a, b) => a - b);
    if (seeds.length === 0) continue;
    const asked = { ...options, experiment, profile, backend, seeds, all: false };
    const prepared = await prepare(names, asked);
    const planned = prepared.plan.jobs.filter(({ key }) => keys.has(key));
    expectKeys(wanted, new Set(planned.map(({ key }) => key)), file);
    const todo = planned.filter(isToDo);
    if (todo.length === 0) continue;
    const result = await executeJobs(todo, prepared, asked, `npm run reproduce -- --from ${file}`);
    if (result.interrupted) return exitCodes.interrupted;
    for (const { message } of result.failures) console.error(message);
    if (result.failures.length > 0) return exitCodes.failed;
  }
  const store = openStore(options.store);
  const { compare } = new Intl.Collator('en', { numeric: true });
  const again = own
    .map(record => compared(record, store.record(record.key)))
    .sort((a, b) => compare(a.network, b.network) || a.seed - b.seed);
  if (options.json) console.log(jsonText({ crate: file, runs: again }));
  else console.log(asText(printable(again), file));
  if (again.some(({ outcome }) => outcome === 'other bytes')) return exitCodes.differs;
  return again.every(({ outcome }) => outcome === 'same bytes') ? exitCodes.pass : exitCodes.inconclusive;
}

/** A run is known by its key: with other protocols or data here it would be another run. */
function expectKeys(
  records: readonly JobRecord<TrainIdentity>[],
  planned: ReadonlySet<string>,
  file: string,
): void {
  const other = records.find(({ key }) => !planned.has(key));
  if (!other) return;
  const { network, identity, key } = other;
  throw new UserError(
    `${file}: ${network}, seed ${identity.seed}, is the run ${key.slice(0, 12)} there and another one here: the protocol, the data or the numerics of the backend are not the same.`,
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

function asText(again: readonly Again[], file: string): string {
  const { width } = terminalOf();
  const of = (outcome: Again['outcome']) => again.filter(each => each.outcome === outcome).length;
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(2));
  const fields = [
    { label: 'network', text: ({ network }: Again) => network },
    { label: 'seed', right: true, text: ({ seed }: Again) => String(seed) },
    { label: 'there', right: true, text: ({ there }: Again) => number(there) },
    { label: 'here', right: true, text: ({ here }: Again) => number(here) },
    { label: '', text: ({ outcome }: Again) => words[outcome] },
  ] as const;
  const result = `${count(again.length, 'run')} of ${file}: ${of('same bytes')} ended in the same bytes here, ${of('other bytes')} in others, ${of('elsewhere')} on another class of machine, where bytes say nothing.`;
  return ['', table(again, fields, width), '', ...wrapped(result, { limit: width })].join('\n');
}

const words: Readonly<Record<Again['outcome'], string>> = {
  'same bytes': '✓ same bytes',
  'other bytes': '✕ other bytes on the same class of machine',
  elsewhere: '? another class of machine',
  'not run': '– not run',
};
