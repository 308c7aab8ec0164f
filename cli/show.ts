import { UserError } from '../harness/errors.ts';
import { digestOf } from '../harness/record/keys.ts';
import { openStore } from '../harness/record/store.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { shortPath } from './format.ts';
import { besideText, recordText } from './record-text.ts';
import { showingsOf } from './shown.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description:
    'Shows a finished run: what it was, the tables, figures and claims that rest on it, its measures and curves, the digests of data and state, where and with what it was computed. The run is named by its key or the beginning of it, as `npm run ls` lists them. With --by backend it is shown beside the runs of other backends that were given the same: spec, seed and data.',
  options: ['store', 'by', 'json'],
  environment: ['NO_COLOR', 'COLUMNS'],
  files: ['<store>/runs/<key>/record.json'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins so'],
    ['npm run show 4f0c2a91b7 -- --by backend', 'what other backends made of the same training'],
    ['npm run --silent show 4f0c2a91b7 -- --json', 'record.json as it is'],
  ],
  async run([prefix = ''], options) {
    const store = openStore(options.store);
    const key = store.find(prefix);
    const record = store.record(key);
    if (!record) {
      throw new UserError(
        `The run ${key} in ${shortPath(options.store)} is not finished: it has no record yet.`,
        { fix: 'npm run status' },
      );
    }
    if (options.by) {
      const alike = store.list().records.filter(each => isAlike(each, record));
      console.log(options.json ? JSON.stringify(alike, null, 2) : besideText(alike, terminalOf()));
    } else if (options.json) console.log(JSON.stringify(record, null, 2));
    else {
      const showings = (await showingsOf([record])).get(key)!;
      console.log(recordText(record, store.jobFolder(key), showings, terminalOf()));
    }
    return 0;
  },
};

/** Whether two runs were asked for the same, whatever computed it. */
function isAlike(a: JobRecord, b: JobRecord): boolean {
  const asked = ({ backend: _, numerics: __, ...rest }: JobRecord['identity']) => digestOf(rest);
  return asked(a.identity) === asked(b.identity);
}
