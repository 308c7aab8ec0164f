import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { orderFor, runHere } from '../../harness/execute/jobs.fixture.ts';
import { readCheckpoint, writeCheckpoint } from '../../harness/record/checkpoint.ts';
import { openStore } from '../../harness/record/store.ts';
import { badInputs } from './inputs.fixture.ts';

/** A store in which a training has been stopped at a checkpoint. */
const stopped = mkdtempSync(join(tmpdir(), 'residuals-stopped-'));
afterAll(() => rmSync(stopped, { recursive: true }));
await runHere(orderFor(stopped), ({ type }, stop) => type === 'checkpointed' && stop());

const { key } = orderFor(stopped);

/** The same store, with one of its files changed. */
const broken = (file: string, change: (path: string) => unknown) => (at: string) => {
  cpSync(stopped, at, { recursive: true });
  return change(join(openStore(at).jobFolder(key), file));
};
const instead = (make: (path: string) => unknown) => (path: string) => {
  rmSync(path);
  return make(path);
};
const turned = (place: number) => (path: string) => {
  const content = readFileSync(path);
  content[place < 0 ? content.length + place : place]! ^= 1;
  writeFileSync(path, content);
};
/** Another header, with the digest that belongs to it. */
const sealed = (change: object) => (path: string) => {
  const { header, state } = readCheckpoint(path, key)!;
  writeCheckpoint(path, { header: { ...header, ...change }, state });
};

const events = 'events.jsonl';
const checkpoint = 'checkpoint.bin';
const log = /^\S+\/events\.jsonl: not the log that the checkpoint was taken with, /;
const aside = /mv \S+\/checkpoint\.bin \S+\/checkpoint\.bin\.bad {3}# the run then starts again$/;
const damaged =
  /^\S+\/checkpoint\.bin: cannot resume from this checkpoint, it is damaged: its SHA-256 is not the one/;

// biome-ignore format: a table, one input a line
describe('a run that is to go on', () => {
  const run = (at: string) => runHere(orderFor(at));
  badInputs([
    { what: 'without its events', make: broken(events, rmSync), says: new RegExp(`${log.source}it ends after 0 of \\d+ bytes\\.$`) },
    { what: 'with empty events', make: broken(events, path => truncateSync(path, 0)), says: new RegExp(`${log.source}it ends after 0 of \\d+ bytes\\.$`) },
    { what: 'with events cut off', make: broken(events, path => truncateSync(path, readFileSync(path).length - 1)), says: new RegExp(`${log.source}it ends after \\d+ of \\d+ bytes\\.$`) },
    { what: 'with an error changed in its events', make: broken(events, turned(10)), says: new RegExp(`${log.source}it was changed since\\.$`) },
    { what: 'with other events', make: broken(events, path => writeFileSync(path, 'x'.repeat(10_000))), says: new RegExp(`${log.source}it was changed since\\.$`) },
    { what: 'with a folder in the place of its events', make: broken(events, instead(path => mkdirSync(path))), exit: 4, says: /events\.jsonl: cannot be read, it is a folder, not a file\.$/, fix: /ls -ld/ },
    { what: 'with a pipe in the place of its events', make: broken(events, instead(path => execFileSync('mkfifo', [path]))), exit: 4, says: /events\.jsonl: cannot be read, it is a pipe or a device, not a file\.$/, fix: /ls -ld/ },
    { what: 'with events that are a link to nothing', make: broken(events, instead(path => symlinkSync('/nowhere', path))), exit: 4, says: /events\.jsonl: cannot be read, \S+ is a link to \/nowhere, which is not here\.$/, fix: /ls -ld/ },
    { what: 'with a checkpoint cut off', make: broken(checkpoint, path => truncateSync(path, readFileSync(path).length - 4)), says: damaged },
    { what: 'with a checkpoint of its header alone', make: broken(checkpoint, path => truncateSync(path, readFileSync(path).indexOf('\n', 100) + 1)), says: damaged },
    { what: 'with a bit turned in its parameters', make: broken(checkpoint, turned(-1)), says: damaged },
    { what: 'with a bit turned in its header', make: broken(checkpoint, turned(120)), says: damaged },
    { what: 'with a bit turned in its first line', make: broken(checkpoint, turned(3)), says: /checkpoint\.bin: cannot resume from this checkpoint, it does not begin with "residuals-checkpoint"/ },
    { what: 'with more than its checkpoint', make: broken(checkpoint, path => writeFileSync(path, 'more', { flag: 'a' })), says: damaged },
    { what: 'with the checkpoint of another run', make: broken(checkpoint, sealed({ key: 'f'.repeat(64) })), says: /it belongs to another run: expected key [0-9a-f]{12}, found f{12}/ },
    { what: 'with a record that is half-written', make: broken('record.json', path => writeFileSync(path, '{"version": 2,')), says: /record\.json: cannot be used as a record, it is half-written or was edited: /, fix: /mv \S+\/record\.json \S+\.bad/ },
  ], { run, fix: aside });
});
