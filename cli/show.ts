import { join } from 'node:path';
import { npmRun } from '../harness/command.ts';
import { UserError } from '../harness/errors.ts';
import { makeFolder, writeAtomic } from '../harness/record/files.ts';
import { digestOf } from '../harness/record/keys.ts';
import { openStore, type Store } from '../harness/record/store.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { jsonText, quoted } from '../harness/text.ts';
import { contactSheet } from '../paper-tables/contact-sheet.ts';
import { toPng } from '../paper-tables/png.ts';
import { foldersFor } from './execute.ts';
import { shortPath } from './format.ts';
import type { Options } from './options.ts';
import { storeOf } from './places.ts';
import { besideText, recordText } from './record-text.ts';
import { showingsOf } from './shown.ts';
import { remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description:
    'Shows a finished run: its settings, the tables, figures and claims that rest on it, its measures and curves, the digests of its data and state, and where and with what it was computed. Name the run by its key, or the beginning of its key, as `npm run ls` lists it. With --by backend it is shown beside the runs of other backends that were given the same spec, seed and data. With --images a contact sheet is drawn of what a detector has found: its files must lie beside the record.',
  options: ['store', 'by', 'images', 'data', 'out', 'json'],
  exits: { failed: 'the store cannot be read' },
  environment: [
    'RESIDUALS_DIGITS',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'NO_COLOR',
    'COLUMNS',
  ],
  files: ['<store>/runs/<key>/record.json', '<store>/shown/<key>.png'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins with that'],
    ['npm run show 4f0c2a91b7 -- --by backend', 'what other backends made of the same training'],
    ['npm run show 4f0c2a91b7 -- --images 8', 'what a detector has found in eight test images'],
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
    if (options.images !== undefined) console.log(shortPath(await drawImages(record, store, options)));
    else if (options.by) {
      const alike = store.list().records.filter(each => isAlike(each, record));
      console.log(options.json ? jsonText(alike) : besideText(alike, terminalOf()));
    } else if (options.json) console.log(jsonText(record));
    else {
      const showings = (await showingsOf([record])).get(key)!;
      console.log(recordText(record, store.jobFolder(key), showings, terminalOf()));
    }
    return 0;
  },
};

/** Draws the first test images of a run; the path of the PNG. */
async function drawImages(record: JobRecord, store: Store, options: Options): Promise<string> {
  const { identity, key, network } = record;
  const { task, spec } = identity;
  const folders = await foldersFor([record], options, remarkFor(options));
  const execution = await taskOf(task).load();
  const files = (file: string) => store.artefact(key, file);
  const pictures =
    identity.kind === 'train'
      ? await execution.pictures(identity.spec, folders[spec.data.set]!, files, options.images!)
      : [];
  if (pictures.length === 0) {
    throw new UserError(`${network} has left nothing that could be drawn on images.`, {
      fix: `${npmRun('ls', [], storeOf(options))}   # a detector that was tested has; a copy of a store may lack its files`,
    });
  }
  const seed = identity.kind === 'train' ? `, seed ${identity.seed}` : '';
  const folder = options.out ?? join(store.folder, 'shown');
  const file = join(folder, `${key}.png`);
  makeFolder(folder);
  writeAtomic(file, [await toPng(await contactSheet(pictures, `${network}${seed}`))]);
  return file;
}

/** Whether two runs were asked for the same, whatever computed it. */
function isAlike(a: JobRecord, b: JobRecord): boolean {
  const asked = ({ backend: _, numerics: __, ...rest }: JobRecord['identity']) => digestOf(rest);
  return asked(a.identity) === asked(b.identity);
}
