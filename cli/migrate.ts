import { backends } from '../backends/registry.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import { experiments, loadTargets, targetNames, validateExperiment } from '../harness/manifest/load.ts';
import { networksOf } from '../harness/manifest/types.ts';
import { type Candidates, migrateStore } from '../harness/record/migrate.ts';
import { storeVersion } from '../harness/record/store.ts';
import { type TrainIdentity, version } from '../harness/record/types.ts';
import { keyIn1 } from '../harness/record/version1.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { visible } from '../harness/text.ts';
import { count, shortPath } from './format.ts';
import { remarkFor } from './terminal.ts';
import type { Verb } from './verb.ts';

/** Versions of stores that are known. */
const versions: readonly number[] = [1, version];

/** Seeds whose unfinished runs are recognised: a checkpoint of version 1 does not say what it is of. */
const seeds = 20;

/** `npm run migrate`: migrates a store of an earlier version. */
export const migrate: Verb = {
  arguments: '',
  description:
    'Migrates a store that an earlier version of this project wrote: records and checkpoints keep their contents and get their new form and key. Nothing is recomputed. What cannot be migrated is left in place and named, and the exit code is then 2.',
  options: ['store', 'json'],
  exits: { failed: 'the store cannot be read or written' },
  environment: ['COLUMNS'],
  files: ['<store>/runs/<key>/record.json'],
  examples: [['npm run migrate -- --store out', 'the default store']],
  async run(_, { store, json }) {
    const before = storeVersion(store);
    if (before !== null && !versions.includes(before))
      throw new UserError(
        `${store} is of store version ${before}; this program knows ${versions.join(' and ')}.`,
        {
          fix: 'git pull   # a later version of this project may have written it',
        },
      );
    const { moved, left } = migrateStore(store, before === 1 ? await candidates() : new Map());
    if (json) {
      const runs = [...moved].map(([from, to]) => ({ from, to }));
      console.log(JSON.stringify({ store, from: before, to: version, runs, left }, null, 2));
    } else {
      const say = remarkFor({ json });
      if (before === null || before === version)
        say(
          `${shortPath(store)}: nothing to do, ${before === null ? 'there is no store' : `it is of version ${version}`}.`,
        );
      else {
        say(`${shortPath(store)}: ${count(moved.size, 'run')} migrated to version ${version}.`);
      }
    }
    for (const { folder, why } of left) console.error(`\n${visible(`${folder}: left as it is, ${why}.`)}`);
    return left.length > 0 ? exitCodes.usage : exitCodes.pass;
  },
};

/** The trainings that the experiments here ask for, by the key that they had in version 1. */
async function candidates(): Promise<Candidates> {
  const found = new Map<
    string,
    { identity: TrainIdentity; asked: { experiment: string; profile: string } }
  >();
  for (const experiment of experiments()) {
    const { profiles } = await validateExperiment({ experiment });
    for (const profile of profiles) {
      const targets = await loadTargets(await targetNames({ experiment, profile }), profile, { experiment });
      const asked = { experiment, profile };
      for (const { task, spec } of targets.flatMap(networksOf)) {
        const data = await taskOf(task).dataSets[spec.data.set]!.digest(undefined, 'train');
        for (const [backend, load] of Object.entries(backends)) {
          const { numerics } = await load();
          for (let seed = 1; data && seed <= seeds; seed++) {
            const inputs = { data: data.digest };
            const common = { version, kind: 'train', task, spec, seed, inputs, backend, numerics } as const;
            const key = keyIn1(common);
            if (found.has(key)) break; // another target shows the same network
            found.set(key, { identity: common, asked });
          }
        }
      }
    }
  }
  return found;
}
