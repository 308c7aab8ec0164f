import { npmRun } from '../harness/command.ts';
import { UserError } from '../harness/errors.ts';
import { openStore } from '../harness/record/store.ts';
import { jsonText, quoted } from '../harness/text.ts';
import { shortPath } from './format.ts';
import { storeOf } from './places.ts';
import { recordText } from './record-text.ts';
import { showingsOf } from './shown.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description:
    'Shows a finished run: its settings, the tables, figures and claims that rest on it, its measures and curves, the digests of its data and state, and where and with what it was computed. Name the run by its key, or the beginning of its key, as `npm run ls` lists it.',
  options: ['store', 'json'],
  exits: { failed: 'the store cannot be read' },
  environment: ['NO_COLOR', 'COLUMNS'],
  files: ['<store>/runs/<key>/record.json'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins with that'],
    ['npm run --silent show 4f0c2a91b7 -- --json', 'record.json as it is'],
  ],
  async run([prefix = ''], options) {
    const list = npmRun('ls', [], storeOf(options));
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) {
      throw new UserError(
        `${quoted(prefix)} is no key of a run; expected the beginning of one, such as 4f0c2a91b7.`,
        {
          fix: `${list}   # lists the runs`,
        },
      );
    }
    const store = openStore(options.store);
    const key = store.find(prefix);
    const record = store.record(key);
    if (!record) {
      throw new UserError(
        `The run ${key} in ${shortPath(options.store)} is not finished: it has no record yet.`,
        { fix: 'npm run status' },
      );
    }
    if (options.json) console.log(jsonText(record));
    else {
      const showings = (await showingsOf([record])).get(key)!;
      console.log(recordText(record, store.jobFolder(key), showings, terminalOf()));
    }
    return 0;
  },
};
