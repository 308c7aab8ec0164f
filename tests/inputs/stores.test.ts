import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { oldRecords, writeOld } from '../../harness/record/version1.fixture.ts';
import { type BadInput, badInputs, folderAt } from './inputs.fixture.ts';
import { table6, twoRecords } from './stores.fixture.ts';

const fifo = (file: string) => execFileSync('mkfifo', [file]);
const verbsOf = (...lines: readonly string[]) => lines.map(run => ({ run, what: run.split(' ')[0]! }));
const looks = verbsOf('ls --store @/s', `status ${table6}`, `plan ${table6}`, 'show abc --store @/s');
const all = [...looks, ...verbsOf('reproduce table1 --store @/s', 'migrate --store @/s')];
const another = /or name another folder: --store <folder>$|name a folder: --store <folder>$/;

type Place = readonly [what: string, make: (at: string) => unknown, says: RegExp, rest?: Partial<BadInput>];

/** Each command that reads a store, for each input. */
function forEach(commands: readonly { run: string; what: string }[], places: readonly Place[]): BadInput[] {
  return places.flatMap(([what, make, says, rest]) =>
    commands.map(command => ({ what: `${what}: ${command.what}`, run: command.run, make, says, ...rest })),
  );
}

// biome-ignore format: a table, one input a line
describe('a store that is none', () => {
  const s = (at: string) => join(at, 's');
  badInputs(forEach(all.slice(0, 5), [
    ['a file', at => writeFileSync(s(at), ''), /^\S+\/s: not a store, it is a file\.$/, { fix: another }],
    ['a pipe', at => fifo(s(at)), /^\S+\/s: not a store, it is a (file|pipe or a device)\.$/, { fix: another }],
    ['a link to nothing', at => symlinkSync('/nowhere', s(at)), /^\S+\/s: not a store, \S+\/s is a link to \/nowhere, which is not here\.$/, { fix: another }],
    ['a link to itself', at => symlinkSync('s', s(at)), /^\S+\/s: not a store, its links lead in a circle\.$/, { fix: another }],
  ]));
  badInputs([
    { what: 'below a file', run: 'ls --store ./package.json/store', says: /package\.json\/store: not a store, a part of its path is a file, not a folder\.$/, fix: another },
    { what: 'by a name that is too long', run: `ls --store @/${'x'.repeat(300)}`, says: /not a store, its name is too long\.$/, fix: another },
    { what: 'a device', run: 'ls --store /dev/null', says: /^\/dev\/null: not a store, it is a file\.$/, fix: another },
    { what: 'in a folder that nobody may enter', make: at => mkdirSync(s(at), { mode: 0 }), run: 'ls --store @/s/store', asNobody: true, exit: 4, says: /^\S+\/s\/store: cannot be read, permission denied\.$/, fix: /ls -ld/ },
  ]);
});

// biome-ignore format: a table, one input a line
describe('the mark of a store', () => {
  const mark = (content: string) => (at: string) => twoRecords(at) && writeFileSync(join(at, 's/store.json'), content);
  const instead = (make: (file: string) => unknown) => (at: string) => {
    twoRecords(at);
    rmSync(join(at, 's/store.json'));
    make(join(at, 's/store.json'));
  };
  const expected = /^\S+\/s\/store\.json: expected \{"version": 2\}\.$/;
  const aside = { fix: /mv \S+\/store\.json \S+\/store\.json\.bad && npm run migrate -- --store \S+\/s$/ };
  const later = /^\S+\/s was written by a later version of this project \(store version \S+, this one reads 2\)\.$/;
  badInputs([
    ...forEach(looks.slice(0, 2), [
      ['that is empty', mark(''), expected, aside],
      ['of text', mark('version 2\n'), expected, aside],
      ['of null', mark('null'), expected, aside],
      ['of a list', mark('[2]'), expected, aside],
      ['of nothing', mark('{}'), expected, aside],
      ['of a version in words', mark('{"version": "2"}'), expected, aside],
      ['of a version of null', mark('{"version": null}'), expected, aside],
      ['of a later version', mark('{"version": 3}'), later, { fix: /git pull$/ }],
      ['of a version without end', mark('{"version": 1e999}'), later, { fix: /git pull$/ }],
      ['of an earlier version', mark('{"version": 1}'), /^\S+\/s was written by an earlier version of this project \(store version 1, now 2\)\.$/, { fix: /npm run migrate -- --store \S+\/s$/ }],
      ['that is a folder', instead(file => mkdirSync(file)), /store\.json: cannot be read, it is a folder, not a file\.$/, { exit: 4, fix: /ls -ld/ }],
      ['that is a pipe', instead(fifo), /store\.json: cannot be read, it is a pipe or a device, not a file\.$/, { exit: 4, fix: /ls -ld/ }],
      ['that is a link to nothing', instead(file => symlinkSync('/nowhere', file)), /store\.json: cannot be read, \S+ is a link to \/nowhere, which is not here\.$/, { exit: 4, fix: /ls -ld/ }],
      ['that is a link to itself', instead(file => symlinkSync('store.json', file)), /store\.json: cannot be read, its links lead in a circle\.$/, { exit: 4, fix: /ls -ld/ }],
      ['that nobody may read', instead(file => writeFileSync(file, '{"version": 2}', { mode: 0 })), /store\.json: cannot be read, permission denied\.$/, { exit: 4, fix: /chmod/, asNobody: true }],
    ]),
    ...forEach(verbsOf('migrate --store @/s'), [
      ['of a later version', mark('{"version": 3}'), /^\S+\/s is of store version 3; this program knows 1 and 2\.$/, { fix: /git pull/ }],
      ['of a version of zero', mark('{"version": 0}'), /^\S+\/s is of store version 0; this program knows 1 and 2\.$/, { fix: /git pull/ }],
      ['of half a version', mark('{"version": 1.5}'), /^\S+\/s is of store version 1\.5; this program knows 1 and 2\.$/, { fix: /git pull/ }],
      ['of text', mark('version 2\n'), expected, aside],
    ]),
  ]);
});

// biome-ignore format: a table, one input a line
describe('the folder of runs', () => {
  const instead = (make: (folder: string) => unknown) => (at: string) => {
    twoRecords(at);
    rmSync(join(at, 's/runs'), { recursive: true });
    make(join(at, 's/runs'));
  };
  const row = { exit: 4, fix: /ls -ld/ };
  badInputs(forEach(looks.slice(0, 2), [
    ['that is a file', instead(file => writeFileSync(file, '')), /\/s\/runs: cannot be read, a part of its path is a file, not a folder\.$/, row],
    ['that is a link to nothing', instead(file => symlinkSync('/nowhere', file)), /\/s\/runs: cannot be read, \S+ is a link to \/nowhere, which is not here\.$/, row],
    ['that is a link to itself', instead(file => symlinkSync('runs', file)), /\/s\/runs: cannot be read, its links lead in a circle\.$/, row],
    ['that nobody may read', instead(file => mkdirSync(file, { mode: 0 })), /\/s\/runs: cannot be read, permission denied\.$/, { ...row, asNobody: true }],
  ]));
});

// biome-ignore format: a table, one input a line
describe('a place where pages are to be written', () => {
  const page = 'reproduce table1 --store @/s';
  const shows = /^Plan: nothing to run, computed from specifications\.\n$/;
  const rendered = (at: string) => join(folderAt(at, 's'), 'rendered');
  const folder = (at: string) => folderAt(rendered(at), 'resnet-2015/mini/onnxruntime');
  const unread = (why: RegExp) => new RegExp(`/s/rendered/resnet-2015/mini/onnxruntime: cannot be read, ${why.source}\\.$`);
  const cannot = (path: string, why: RegExp) => new RegExp(`${path}: cannot be written, ${why.source}\\.$`);
  badInputs([
    { what: 'that is a file', make: at => writeFileSync(rendered(at), ''), exit: 4, fix: /ls -ld/, says: unread(/a part of its path is a file, not a folder/) },
    { what: 'that is a link to nothing', make: at => symlinkSync('/nowhere', rendered(at)), exit: 4, fix: /ls -ld/, says: unread(/\S+ is a link to \/nowhere, which is not here/) },
    { what: 'that is a link to itself', make: at => symlinkSync('rendered', rendered(at)), exit: 4, fix: /ls -ld/, says: unread(/its links lead in a circle/) },
    { what: 'that nobody may write', make: at => mkdirSync(rendered(at), { mode: 0o555 }), asNobody: true, exit: 4, says: cannot('/rendered/resnet-2015', /permission denied/) },
    { what: 'in a store that nobody may write', make: at => mkdirSync(join(at, 's'), { mode: 0o555 }), asNobody: true, exit: 4, says: cannot('/s/rendered', /permission denied/) },
    { what: 'below a folder of the system', run: 'reproduce table1 --store /proc/residuals', exit: 4, says: /^\/proc\/residuals: cannot be written, \S/, fix: /ls -ld/ },
    { what: 'with a folder in the place of the page', make: at => mkdirSync(join(folder(at), 'table1.md')), says: cannot('table1\\.md', /(it is a folder, not a file|something of that name is there|the folder is not empty)/), writes: /table1\.\w+$/ },
  ], { run: page, shows, fix: another });
});

// biome-ignore format: a table, one input a line
describe('a store of version 1', () => {
  const [record] = oldRecords;
  const key = record!.key;
  const old = (edit: (text: string) => string) => (at: string) => {
    const folder = writeOld(join(at, 's'), record!);
    const file = join(folder, 'record.json');
    writeFileSync(file, edit(readFileSync(file, 'utf8')));
  };
  const edited = (edit: (value: Record<string, unknown>) => unknown) => old(text => {
    const value = JSON.parse(text) as Record<string, unknown>;
    edit(value);
    return JSON.stringify(value);
  });
  const left = (why: RegExp) => new RegExp(`^\\S+/[0-9a-f]{64}: left as it is, ${why.source}\\.$`);
  const rest = { fix: null, shows: /0 runs migrated to version 2\./, writes: /^s\/store\.json$/ };
  badInputs(forEach(verbsOf('migrate --store @/s'), [
    ['with a record half-written', old(text => text.slice(0, 300)), left(/it is half-written or was edited/), rest],
    ['with an empty record', old(() => ''), left(/it is half-written or was edited/), rest],
    ['with a record of null', old(() => 'null'), left(/it is half-written or was edited/), rest],
    ['with a record of nothing', old(() => '{}'), left(/its record is not of version 1 and this key/), rest],
    ['with a record of another key', edited(value => { value.key = '0'.repeat(64); }), left(/its record is not of version 1 and this key/), rest],
    ['with a record of another version', edited(value => { value.schema = 3; }), left(/its record is not of version 1 and this key/), rest],
    ['with a record without identity', edited(value => { delete value.identity; }), left(/it is half-written or was edited/), rest],
    ['with a record without result', edited(value => { delete value.result; }), left(/it is half-written or was edited/), rest],
    ['with a record without origin', edited(value => { delete value.provenance; }), left(/it is half-written or was edited/), rest],
    ['with an error in words', edited(value => { (value.result as Record<string, unknown>).testError = '8.75'; }), left(/record\.result\.measures\.testError: expected number, received "8\.75"/), rest],
    ['with a folder in the place of a record', at => { old(text => text)(at); const file = join(at, 's/runs', key, 'record.json'); rmSync(file); mkdirSync(file); }, left(/\S+\/record\.json: cannot be read, it is a folder, not a file/), rest],
    ['with a run that has left nothing', at => mkdirSync(join(at, 's/runs', key), { recursive: true }), left(/it holds neither a record nor a checkpoint/), rest],
    ['with a checkpoint of nobody knows what', at => writeFileSync(join(folderAt(at, 's/runs', 'f'.repeat(64)), 'checkpoint.bin'), 'x'), left(/its checkpoint is of no network and profile of the experiments that are here/), rest],
    ['that a process works on', at => { old(text => text)(at); writeFileSync(join(at, 's/runs', key, 'lock.1.0.00000000'), ''); }, /lock\.1\.0\.00000000: process 1 is working on this run, or has been lately\.$/, { fix: /stop it, then run the same command again/ }],
  ]));
  badInputs([
    { what: 'whose runs are a file: migrate', make: at => writeFileSync(join(folderAt(at, 's'), 'runs'), ''), run: 'migrate --store @/s', exit: 4, says: /\/s\/runs: cannot be read, a part of its path is a file, not a folder\.$/, fix: /ls -ld/ },
  ]);
  badInputs(forEach(looks, [
    ['that is to be read', old(text => text), /^\S+\/s was written by an earlier version of this project \(store version 1, now 2\)\.$/, { fix: /npm run migrate -- --store \S+\/s$/ }],
  ]));
});
