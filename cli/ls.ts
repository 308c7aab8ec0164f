import { exitCodes, UserError } from '../harness/errors.ts';
import { loadTargets, targetNames, validateExperiment } from '../harness/manifest/load.ts';
import { type EvaluationRecord, evaluationKeys, readEvaluation } from '../harness/record/evaluations.ts';
import { canonicalJson } from '../harness/record/keys.ts';
import { openStore } from '../harness/record/store.ts';
import type { RunRecord } from '../harness/record/types.ts';
import { withFix } from './errors.ts';
import { columns, percent, shortKey, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run ls`: the records of a store. */
export const ls: Verb = {
  arguments: '',
  description: `Lists the finished runs of a store: key, network, profile, seed, test error, when and on what machine.
A run belongs to a profile when the manifests still ask for exactly what it did. Evaluations of released
weights follow below.`,
  options: ['store', 'json'],
  examples: [
    ['npm run ls', 'the default store'],
    ['npm run ls -- --store results', 'the evidence that comes with the repository'],
  ],
  async run(_, options) {
    const store = openStore(options.store);
    const records: RunRecord[] = [];
    const evaluations: EvaluationRecord[] = [];
    const unusable: UserError[] = [];
    const read = async <T>(found: T[], record: () => Promise<T | null> | T | null) => {
      try {
        const one = await record();
        if (one) found.push(one);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        unusable.push(error);
      }
    };
    for (const key of store.keys()) await read(records, () => store.readRecord(key));
    for (const key of evaluationKeys(options.store))
      await read(evaluations, () => readEvaluation(options.store, key));
    const profiles = await profilesBySpec();
    const listed = records
      .map(record => describe(record, profiles.get(canonicalJson(record.identity.spec)) ?? null))
      .sort(byName);
    if (options.json)
      console.log(JSON.stringify({ store: options.store, records: listed, evaluations }, null, 2));
    else if (listed.length === 0) console.log(`No finished runs in ${shortPath(options.store)}.`);
    else console.log(columns([head, ...listed.map(row)], [3, 4]));
    if (!options.json && evaluations.length > 0)
      console.log(`\n${columns([evaluationHead, ...evaluations.map(evaluationRow)], [2, 3])}`);
    for (const { message, fix } of unusable) console.error(`\n${withFix(message, fix)}`);
    return unusable.length > 0 ? exitCodes.usage : exitCodes.pass;
  },
};

type Listed = ReturnType<typeof describe>;

function describe({ key, network, identity, result, provenance }: RunRecord, profile: string | null) {
  const { finishedAt, cpu, session } = provenance;
  const { seed, backend } = identity;
  return {
    key,
    network,
    profile,
    seed,
    testError: result.testError,
    finishedAt,
    backend,
    lowering: session.lowering,
    cpu,
  };
}

function byName(a: Listed, b: Listed): number {
  const place = ({ profile, network, seed }: Listed) =>
    `${profile ?? '~'} ${network} ${String(seed).padStart(10)}`;
  return new Intl.Collator('en', { numeric: true }).compare(place(a), place(b));
}

const head = ['key', 'network', 'profile', 'seed', 'test error', 'finished', 'machine'];

function row({
  key,
  network,
  profile,
  seed,
  testError,
  finishedAt,
  backend,
  lowering,
  cpu,
}: Listed): string[] {
  const when = finishedAt.slice(0, 16).replace('T', ' ');
  return [
    shortKey(key),
    network,
    profile ?? '-',
    String(seed),
    percent(testError),
    when,
    `${cpu}, ${backend} (${lowering})`,
  ];
}

const evaluationHead = ['key', 'released weights', 'images', 'top-1 error', 'tests', 'finished', 'machine'];

function evaluationRow({ key, network, identity, result, provenance }: EvaluationRecord): string[] {
  const { finishedAt, cpu, session } = provenance;
  return [
    shortKey(key),
    `${network}, ${identity.weights.slice(0, 16)}`,
    String(result.images),
    percent(result.single.top1),
    Object.entries(result.tests)
      .map(([name, { top1 }]) => `${name} ${percent(top1)}`)
      .join(', '),
    finishedAt.slice(0, 16).replace('T', ' '),
    `${cpu}, ${identity.backend} (${session.lowering})`,
  ];
}

/** Profile by the canonical JSON of the specification that it asks for. */
async function profilesBySpec(): Promise<Map<string, string>> {
  const { profiles } = await validateExperiment();
  const bySpec = new Map<string, string>();
  for (const profile of profiles) {
    for (const { networks } of await loadTargets(await targetNames({ profile }), profile)) {
      for (const { spec } of networks) bySpec.set(canonicalJson(spec), profile);
    }
  }
  return bySpec;
}
