import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { identityOf, inFolder, tinySpec } from '../execute/jobs.fixture.ts';
import { noState, writeCheckpoint } from './checkpoint.ts';
import { sweep } from './files.ts';
import { recordOf } from './records.fixture.ts';
import { markStore, openStore, storeVersion } from './store.ts';
import { type CheckpointHeader, type JobRecord, version } from './types.ts';

const record = recordOf(identityOf());
const { key } = record;
const other = recordOf(identityOf(tinySpec, 'reference', 2));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

/** A record that vouches for a file beside it. */
function withArtefact(content: string): JobRecord {
  return recordOf(identityOf(), { result: { artefacts: { 'scores.bin': sha256(content) } } });
}

describe('store', () => {
  it('gives back what was recorded and has nothing before', () =>
    inFolder(folder => {
      const store = openStore(join(folder, 'out'));
      expect(store.read(key)).toBeNull();
      expect(store.record(key)).toBeNull();
      expect(store.list()).toEqual({ records: [], unusable: [] });
      expect(store.done(key)).toBeNull();
      expect(existsSync(join(folder, 'out'))).toBe(false);
      store.write(record);
      expect(store.read(key)).toEqual({ record });
      expect(store.record(key)).toEqual(record);
      expect(store.list()).toEqual({ records: [record], unusable: [] });
      expect(store.renderedFolder('resnet-2015', 'mini', 'reference')).toBe(
        join(folder, 'out', 'rendered', 'resnet-2015', 'mini', 'reference'),
      );
    }));

  it('gives specs with all their fields, also those that came after the record', () =>
    inFolder(folder => {
      const { statisticsBatches: _, tests: __, ...evaluation } = tinySpec.evaluation;
      const older = { ...record, identity: { ...record.identity, spec: { ...tinySpec, evaluation } } };
      const store = openStore(folder);
      store.write(older as JobRecord);
      expect(store.record(key)).toEqual(record);
      expect(store.list().records).toEqual([record]);
    }));

  it('has no use for a checkpoint once the record is there', () =>
    inFolder(folder => {
      const store = openStore(folder);
      const checkpoint = join(store.jobFolder(key), 'checkpoint.bin');
      mkdirSync(checkpoint, { recursive: true }); // a folder, even
      markStore(folder);
      store.write(record);
      expect(existsSync(checkpoint)).toBe(false);
    }));

  it('finds a job by a prefix that is its own', () =>
    inFolder(folder => {
      const store = openStore(folder);
      const keys = ['ab1', 'ab2', 'c'].map(start => start.padEnd(64, '0'));
      for (const one of keys) store.write({ ...record, key: one });
      for (const stray of ['notes', '.DS_Store', 'A'.repeat(64), `${keys[0]}.bak`])
        mkdirSync(join(folder, 'runs', stray));
      expect(store.keys()).toEqual(keys);
      expect(store.find('c')).toBe(keys[2]);
      expect(store.find('ab1')).toBe(keys[0]);
      expect(() => store.find('ab')).toThrow('ab begins the keys of 2 runs: ab100000, ab200000.');
      expect(() => store.find('d')).toThrow('has a key that begins with d');
    }));

  it('is rid of an interrupted mark by the next one', () =>
    inFolder(folder => {
      writeFileSync(join(folder, 'store.json.77.tmp'), '{');
      markStore(folder);
      expect(readdirSync(folder)).toEqual(['store.json']);
    }));

  it('sweeps away what interrupted writes left', () =>
    inFolder(folder => {
      const store = openStore(folder);
      store.write(record);
      const job = store.jobFolder(key);
      writeFileSync(join(job, 'record.json.77.tmp'), '');
      mkdirSync(join(job, 'scores.bin.next.78.tmp'));
      sweep(job);
      expect(readdirSync(job)).toEqual(['record.json']);
      expect(store.record(key)).toEqual(record);
    }));

  it('tells the attempt to compute a record again from the one that the record is of', () =>
    inFolder(folder => {
      const store = openStore(folder);
      store.write(record);
      const checkpoint = join(store.jobFolder(key), 'checkpoint.bin');
      const write = (startedAt: string) => {
        const attempts = { startedAt } as CheckpointHeader['attempts'];
        const header = { key, done: 7, attempts } as CheckpointHeader;
        writeCheckpoint(checkpoint, { header, state: noState });
      };
      expect(store.doneAgain(record)).toBeNull();
      write('2026-02-02T00:00:00.000Z');
      expect([store.done(key), store.doneAgain(record)]).toEqual([7, 7]);
      write(record.provenance.startedAt);
      expect([store.done(key), store.doneAgain(record)]).toEqual([7, null]);
      writeFileSync(checkpoint, 'damaged');
      expect(store.doneAgain(record)).toBeNull();
      expect(() => store.done(key)).toThrow(`${checkpoint}: cannot resume from this checkpoint`);
    }));
});

describe('files that a record vouches for', () => {
  it('are given when they are what it says, and are not there otherwise', () =>
    inFolder(folder => {
      const store = openStore(folder);
      expect(store.artefact(key, 'scores.bin')).toBeNull();
      store.write(withArtefact('scores'), { 'scores.bin': [Buffer.from('sco'), Buffer.from('res')] });
      const file = join(store.jobFolder(key), 'scores.bin');
      expect(readdirSync(store.jobFolder(key)).sort()).toEqual(['record.json', 'scores.bin']);
      expect(Buffer.from(store.artefact(key, 'scores.bin')!).toString()).toBe('scores');
      expect(store.artefact(key, 'record.json')).toBeNull(); // nobody vouches for that
      expect(store.artefact(key, 'toString')).toBeNull();
      writeFileSync(file, 'Scores');
      expect(store.artefact(key, 'scores.bin')).toBeNull();
      rmSync(file);
      expect(store.artefact(key, 'scores.bin')).toBeNull();
    }));

  it('are not given when the record that vouches for them cannot be used', () =>
    inFolder(folder => {
      const store = openStore(folder);
      store.write(withArtefact('scores'), { 'scores.bin': [Buffer.from('scores')] });
      edit('"seed": 1', '"seed": 2')(join(store.jobFolder(key), 'record.json'));
      expect(store.artefact(key, 'scores.bin')).toBeNull();
    }));

  it('are those of the record that is there, whenever writing it was cut off', () =>
    inFolder(folder => {
      const store = openStore(folder);
      const [before, after] = [withArtefact('old'), withArtefact('new')];
      store.write(before, { 'scores.bin': [Buffer.from('old')] });
      const job = store.jobFolder(key);
      // 1. Cut off after the files: the old record has its own.
      writeFileSync(join(job, 'scores.bin.next'), 'new');
      expect(store.artefact(key, 'scores.bin')).toEqual(Buffer.from('old'));
      // 2. Cut off after the record, before the files have their names: the new one has its own.
      writeFileSync(join(job, 'record.json'), JSON.stringify(after));
      expect(store.artefact(key, 'scores.bin')).toEqual(Buffer.from('new'));
      // 3. Written again, nothing is left of that.
      store.write(after, { 'scores.bin': [Buffer.from('new')] });
      expect(readdirSync(job).sort()).toEqual(['record.json', 'scores.bin']);
    }));
});

describe('tidying', () => {
  it('ends what a crash cut off: files get their names, and what is of no more use goes', () =>
    inFolder(folder => {
      const store = openStore(folder);
      const vouching = withArtefact('new');
      store.write(vouching, { 'scores.bin': [Buffer.from('new')] });
      const job = store.jobFolder(key);
      renameSync(join(job, 'scores.bin'), join(job, 'scores.bin.next'));
      writeFileSync(join(job, 'scores.bin'), 'old');
      writeFileSync(join(job, 'other.bin.next'), 'of an attempt that wrote no record');
      writeFileSync(join(job, 'record.json.99.tmp'), '{');
      writeFileSync(join(job, 'checkpoint.bin'), 'damaged');
      store.tidy(vouching);
      expect(readdirSync(job).sort()).toEqual(['record.json', 'scores.bin']);
      expect(store.artefact(key, 'scores.bin')).toEqual(Buffer.from('new'));
      store.tidy(vouching);
      expect(readdirSync(job).sort()).toEqual(['record.json', 'scores.bin']);
    }));
});

/** What may happen to a file or folder of a store. */
describe('a record file that is damaged', () => {
  const asRoot = process.getuid?.() === 0;

  it.each<[string, (file: string) => void, string, boolean?]>([
    ['half of it', file => truncateSync(file, 700), 'it is half-written or was edited'],
    ['nothing', file => truncateSync(file, 0), 'it is half-written or was edited'],
    [
      'lists in lists in lists',
      file => writeFileSync(file, '['.repeat(2e5) + ']'.repeat(2e5)),
      'nested too deeply',
    ],
    ['no object', file => writeFileSync(file, 'null'), 'record: expected object, received null'],
    ['a list', file => writeFileSync(file, '[]'), 'record: expected object, received []'],
    ['another version', edit('"version": 2', '"version": 3'), 'record.version: expected 2, received 3'],
    ['the first version', edit('"version": 2', '"schema": 1'), 'record: missing key "version"'],
    ['the record of another job', file => writeFileSync(file, JSON.stringify(other)), 'another job'],
    ['no result', edit('"result"', '"results"'), 'record: missing key "result"'],
    [
      'more than 2 GiB',
      file => truncateSync(file, 5 * 2 ** 30),
      'cannot be read, it is larger than 2 GiB, which no such file is',
    ],
    [
      'a folder',
      file => {
        rmSync(file);
        mkdirSync(file);
      },
      'cannot be read, it is a folder',
    ],
    [
      'a link to itself',
      file => {
        rmSync(file);
        symlinkSync(file, file);
      },
      'cannot be read, its links lead in a circle',
    ],
    [
      'a file in the place of its folder',
      file => {
        rmSync(join(file, '..'), { recursive: true });
        writeFileSync(join(file, '..'), '');
      },
      'cannot be read, a part of its path is a file, not a folder',
    ],
    ['what may not be read', file => chmodSync(file, 0), 'cannot be read, permission denied', asRoot],
  ])(
    'that holds %s is refused with its name and left alone, and the other records are used',
    (_, damage, why, skip) =>
      skip
        ? undefined
        : inFolder(folder => {
            const store = openStore(folder);
            store.write(record);
            store.write(other);
            const file = join(store.jobFolder(key), 'record.json');
            damage(file);
            const { records, unusable } = store.list();
            expect(records).toEqual([other]);
            expect(unusable).toEqual([
              { key, problem: expect.stringContaining(file), fix: expect.any(String) },
            ]);
            expect(unusable[0]!.problem).toContain(why);
            expect(unusable[0]!.fix).not.toContain('rm '); // never to delete what was not read
            expect(unusable[0]!.fix).toContain(dirname(file));
            expect(() => store.record(key)).toThrow(UserError);
            expect(() => store.record(key)).toThrow(why);
            expect(store.record(other.key)).toEqual(other);
            expect(store.find(key.slice(0, 12))).toBe(key);
          }),
  );
});

describe('a store', () => {
  it('is marked with its version when something is written', () =>
    inFolder(folder => {
      expect(storeVersion(folder)).toBeNull();
      openStore(folder).write(record);
      expect(readFileSync(join(folder, 'store.json'), 'utf8')).toBe(`{"version":${version}}\n`);
      expect(storeVersion(folder)).toBe(version);
      const before = readFileSync(join(folder, 'store.json'));
      markStore(folder);
      expect(readFileSync(join(folder, 'store.json'))).toEqual(before);
    }));

  it.each(['runs', 'evaluations'])(
    'with %s and no mark is of the first version, and is to be migrated',
    part =>
      inFolder(folder => {
        mkdirSync(join(folder, part));
        expect(storeVersion(folder)).toBe(1);
        expect(() => openStore(folder)).toThrow(
          `${folder} was written by an earlier version of this project (store version 1, now ${version}).`,
        );
        expect(problem(folder).fix).toBe(`npm run migrate -- --store ${folder}`);
      }),
  );

  it('of a later version is left to the code of that version', () =>
    inFolder(folder => {
      writeFileSync(join(folder, 'store.json'), JSON.stringify({ version: version + 1 }));
      expect(() => openStore(folder)).toThrow(
        `${folder} was written by a later version of this project (store version ${version + 1}, this one reads ${version}).`,
      );
      expect(problem(folder).fix).toBe('git pull');
    }));

  it.each(['', '{', 'null', '[]', '{"version": "2"}', '{"versions": 2}'])('marked %j is refused', mark =>
    inFolder(folder => {
      writeFileSync(join(folder, 'store.json'), mark);
      expect(problem(folder).message).toBe(
        `${join(folder, 'store.json')}: expected {"version": ${version}}.`,
      );
    }),
  );

  it('is no store when the folder is a file, or below one', () =>
    inFolder(folder => {
      const file = join(folder, 'file');
      writeFileSync(file, '');
      expect(problem(file)).toMatchObject({ message: `${file}: not a store, it is a file.`, exitCode: 2 });
      expect(problem(join(file, 'x')).message).toContain(
        `${join(file, 'x')}: not a store, a part of its path`,
      );
      expect(problem(join(folder, 'a'.repeat(300))).message).toContain('not a store, its name is too long');
    }));

  it('whose runs cannot be listed says so', () =>
    inFolder(folder => {
      markStore(folder);
      writeFileSync(join(folder, 'runs'), '');
      expect(() => openStore(folder).keys()).toThrow(
        `${join(folder, 'runs')}: cannot be read, a part of its path is a file, not a folder.`,
      );
    }));

  it('that cannot be written says which file, and leaves what is there', () =>
    inFolder(folder => {
      const store = openStore(folder);
      store.write(record);
      const job = store.jobFolder(key);
      renameSync(join(job, 'record.json'), join(job, 'kept.json'));
      mkdirSync(join(job, 'record.json'));
      expect(() => store.write(record)).toThrow(`${join(job, 'record.json')}: cannot be written`);
      expect(() => store.write(record)).toThrow(UserError);
      expect(readdirSync(job).sort()).toEqual(['kept.json', 'record.json']);
    }));
});

function edit(from: string, to: string): (file: string) => void {
  return file => {
    const text = readFileSync(file, 'utf8');
    if (!text.includes(from)) throw new Error(`there is no ${from}`);
    writeFileSync(file, text.replace(from, to));
  };
}

function problem(folder: string): UserError {
  try {
    openStore(folder);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was opened');
}
