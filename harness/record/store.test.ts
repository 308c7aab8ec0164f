import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityOf, inFolder, tinySpec } from '../execute/fixtures.ts';
import { runKey } from './keys.ts';
import { openStore, sweep } from './store.ts';
import type { RunRecord } from './types.ts';

const identity = identityOf(tinySpec);
const key = runKey(identity);
const record = {
  schema: 1,
  key,
  network: 'ResNet-8',
  identity,
  result: { testError: 8.75 },
  provenance: { command: 'test' },
} as RunRecord;

describe('store', () => {
  it('gives back what was recorded and has nothing before', () =>
    inFolder(async folder => {
      const store = openStore(join(folder, 'out'));
      expect(await store.readRecord(key)).toBeNull();
      expect(await store.listRecords()).toEqual([]);
      expect(await store.checkpointIteration(key)).toBeNull();
      await store.writeRecord(record);
      expect(await store.readRecord(key)).toEqual(record);
      expect(await store.listRecords()).toEqual([record]);
      expect(store.renderedFolder('mini')).toBe(join(folder, 'out', 'rendered', 'mini'));
    }));

  it('has no use for a checkpoint once the record is there', () =>
    inFolder(async folder => {
      const store = openStore(folder);
      mkdirSync(store.runFolder(key), { recursive: true });
      const checkpoint = join(store.runFolder(key), 'checkpoint.bin');
      writeFileSync(checkpoint, 'x');
      await store.writeRecord(record);
      expect(() => readFileSync(checkpoint)).toThrow('ENOENT');
    }));

  it.each([
    ['half of it', (text: string) => text.slice(0, text.length / 2), 'it is half-written or was edited'],
    ['nothing', () => '', 'it is half-written or was edited'],
    [
      'another schema',
      (text: string) => text.replace('"schema": 1', '"schema": 2'),
      'expected "schema": 1, found 2',
    ],
    [
      'another run',
      (text: string) => text.replace(key, 'f'.repeat(64)),
      `expected "key": "${key}", found "ffff`,
    ],
    ['no result', (text: string) => text.replace('"result"', '"results"'), '"result" is missing'],
    ['no object', () => 'null', 'expected "schema": 1, found undefined'],
  ])('refuses a record file that holds %s, and leaves it', (_, damage, why) =>
    inFolder(async folder => {
      const store = openStore(folder);
      await store.writeRecord(record);
      const file = join(store.runFolder(key), 'record.json');
      const damaged = damage(readFileSync(file, 'utf8'));
      writeFileSync(file, damaged);
      const error = await store.readRecord(key).catch(thrown => thrown);
      expect(error.message).toContain(`${file}: not a record that can be used, ${why}`);
      expect(error).toMatchObject({ name: 'UserError', fix: expect.stringContaining(`rm ${file}`) });
      expect(readFileSync(file, 'utf8')).toBe(damaged);
      await expect(store.listRecords()).rejects.toThrow(file);
    }),
  );

  it('finds a run by a prefix that is its own', () =>
    inFolder(async folder => {
      const store = openStore(folder);
      const keys = ['ab1', 'ab2', 'c'].map(start => start.padEnd(64, '0'));
      for (const one of keys) await store.writeRecord({ ...record, key: one });
      mkdirSync(join(folder, 'runs', 'notes'));
      expect(store.keys()).toEqual(keys);
      expect(store.findRun('c')).toBe(keys[2]);
      expect(store.findRun('ab1')).toBe(keys[0]);
      expect(() => store.findRun('ab')).toThrow('ab begins the keys of 2 runs: ab100000, ab200000.');
      expect(() => store.findRun('d')).toThrow('has a key that begins with d');
    }));

  it('sweeps away what interrupted writes left, and discards whole runs', () =>
    inFolder(async folder => {
      const store = openStore(folder);
      await store.writeRecord(record);
      const run = store.runFolder(key);
      writeFileSync(join(run, 'record.json.77.tmp'), '');
      sweep(run);
      expect(() => readFileSync(join(run, 'record.json.77.tmp'))).toThrow('ENOENT');
      expect(await store.readRecord(key)).toEqual(record);
      store.discard(key);
      expect(await store.readRecord(key)).toBeNull();
    }));

  it('is no store when the folder is a file', () =>
    inFolder(async folder => {
      writeFileSync(join(folder, 'file'), '');
      expect(() => openStore(join(folder, 'file')).keys()).toThrow(`${join(folder, 'file')}: not a store`);
    }));
});
