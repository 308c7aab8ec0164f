import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { tiny } from '../../harness/manifest/fixtures.ts';
import { folderAt, harmlessInputs } from './inputs.fixture.ts';
import { table6, twoRecords } from './stores.fixture.ts';

/** What file managers, editors and synchronisation leave where one looks at a folder. */
const strays = [
  '.DS_Store',
  '._record.json',
  'Thumbs.db',
  'desktop.ini',
  '.nfs000000000001',
  'notes.txt~',
  '.#lock',
  'x.sync-conflict',
  '\u001b[31m',
];

/** Leaves them in a folder. */
function littered(folder: string): void {
  for (const name of strays) writeFileSync(join(folder, name), 'x');
}

const lists = { run: 'ls --store @/s', shows: /2 runs in \S+\/s: / };
const states = { run: `status ${table6}`, shows: /2 finished/ };

// biome-ignore format: a table, one input a line
describe('what others leave behind', () => {
  harmlessInputs([
    { what: 'in a store: ls', make: at => { twoRecords(at); littered(join(at, 's')); }, ...lists },
    { what: 'in a store: status', make: at => { twoRecords(at); littered(join(at, 's')); }, ...states },
    { what: 'among runs: ls', make: at => { twoRecords(at); littered(join(at, 's/runs')); }, ...lists },
    { what: 'among runs: status', make: at => { twoRecords(at); littered(join(at, 's/runs')); }, ...states },
    { what: 'beside a record: ls', make: at => littered(twoRecords(at)), ...lists },
    { what: 'beside a record: status', make: at => littered(twoRecords(at)), ...states },
    { what: 'beside a record: plan', make: at => littered(twoRecords(at)), run: `plan ${table6}`, shows: /ResNet-20 .* finished/ },
    { what: 'as folders among runs', make: at => { twoRecords(at); for (const name of strays) mkdirSync(join(at, 's/runs', name)); }, ...lists },
    { what: 'as links to nothing among runs', make: at => { twoRecords(at); symlinkSync('/nowhere', join(at, 's/runs/.Trash')); }, ...lists },
    { what: 'as locks that are none', make: at => { const folder = twoRecords(at); for (const name of ['lock.', 'lock.x', 'lock.1', 'lock.1.2.3.4.5', 'lock.\u001b']) writeFileSync(join(folder, name), ''); }, ...states },
    { what: 'as the lock of a process that is gone', make: at => writeFileSync(join(twoRecords(at), 'lock.99999999.1.00000000.elsewhere'), '', { flag: 'w' }), run: 'ls --store @/s', shows: /2 runs/ },
    { what: 'as files of writes that were killed', make: at => { const folder = twoRecords(at); writeFileSync(join(folder, 'record.json.99999999.tmp'), '{'); writeFileSync(join(folder, 'scores.bin.next'), ''); }, ...states },
    { what: 'as the checkpoint of a run that is recorded', make: at => writeFileSync(join(twoRecords(at), 'checkpoint.bin'), 'x'), ...states },
    { what: 'as a folder of evaluations', make: at => { twoRecords(at); littered(folderAt(at, 's', 'evaluations')); }, ...lists },
    { what: 'in an experiment', make: at => { cpSync(tiny, join(at, 'e'), { recursive: true }); littered(join(at, 'e')); littered(join(at, 'e/protocols')); }, run: 'validate --experiment @/e', shows: /^Valid: errors, training; / },
    { what: 'as the swap file of an editor in an experiment', make: at => { cpSync(tiny, join(at, 'e'), { recursive: true }); writeFileSync(join(at, 'e', '.errors.yaml.swp.yaml'), '{'); }, run: 'validate --experiment @/e', shows: /^Valid: / },
  ]);
});

// biome-ignore format: a table, one input a line
describe('what is not there yet', () => {
  harmlessInputs([
    { what: 'a store: ls', run: 'ls --store @/s', shows: /^No finished runs in \S+\/s\.$/m },
    { what: 'a store: status', run: `status ${table6}`, shows: /not started/ },
    { what: 'a store: migrate', run: 'migrate --store @/s', shows: /there is no store/ },
    { what: 'an empty store', make: at => mkdirSync(join(at, 's')), run: 'ls --store @/s', shows: /^No finished runs in/ },
    { what: 'a store without runs', make: at => writeFileSync(join(folderAt(at, 's'), 'store.json'), '{"version": 2}'), run: 'ls --store @/s', shows: /^No finished runs in/ },
    { what: 'a record of a run', make: at => mkdirSync(join(at, 's/runs', '0'.repeat(64)), { recursive: true }) && writeFileSync(join(at, 's/store.json'), '{"version": 2}'), run: 'ls --store @/s', shows: /^No finished runs in/ },
  ]);
});
