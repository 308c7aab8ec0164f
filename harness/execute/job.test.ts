import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { readCheckpoint, writeCheckpoint } from '../record/checkpoint.ts';
import { digestOf } from '../record/keys.ts';
import { lockHolder, tryLock } from '../record/lock.ts';
import { codeState } from '../record/provenance.ts';
import { markStore, openStore } from '../record/store.ts';
import { type Attempts, version } from '../record/types.ts';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from './jobs.fixture.ts';
import type { Order, WorkerMessage } from './types.ts';

const uninterrupted = await inFolder(async store => (await runHere(orderFor(store)))!);
const expected = JSON.stringify(uninterrupted.record.result);

const folderOf = ({ store, key }: Order) => openStore(store).jobFolder(key);
const checkpointOf = (order: Order) => join(folderOf(order), 'checkpoint.bin');

/** Runs a job to its first checkpoint of at least so many iterations. */
async function begun(order: Order, at = 0): Promise<Order> {
  const end = await runHere(order, (message, stop) => {
    if (message.type === 'checkpointed' && message.done >= at) stop();
  });
  expect(end).toBeNull();
  return order;
}

/** Changes what a checkpoint says of the attempts that led to it. */
function changeAttempts(order: Order, change: (attempts: Attempts) => Partial<Attempts>): void {
  const { header, state } = readCheckpoint(checkpointOf(order), order.key)!;
  const attempts = { ...header.attempts, ...change(header.attempts) };
  writeCheckpoint(checkpointOf(order), { header: { ...header, attempts }, state });
}

describe('runJob', () => {
  it('records what was measured', async () => {
    const { result, identity, provenance, ...record } = uninterrupted.record;
    expect(uninterrupted.how).toBe('ran');
    expect(record).toMatchObject({ version, network: 'ResNet-8', asked: null });
    expect(identity).toEqual(identityOf());
    expect(Object.keys(result.measures)).toEqual(['testError', 'testLoss', 'trainError', 'trainLoss']);
    expect(result.curves.train!.map(p => p.at)).toEqual([5, 10, 12]);
    expect(result.curves.test!.map(p => p.at)).toEqual([4, 8, 12]);
    expect(result.measures.testError).toBe(result.curves.test!.at(-1)!.error);
    expect(result.facts.warmupEnded).toBeGreaterThanOrEqual(3);
    expect(result.curves.responses!.map(p => p.at)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(result.curves.responses!.every(p => p.std! > 0)).toBe(true);
    expect(result.determinism.tier).toBe('D1');
    expect(Object.keys(result.digests)).toEqual(['state', 'firstSteps']);
    expect(new Set(Object.values(result.digests)).size).toBe(2);
    expect(Object.keys(result.artefacts)).toEqual(['wrong.bin']);
    expect(record.resultSha256).toBe(digestOf(result));
    expect(provenance).toMatchObject({ command: 'test', resumed: 0, session: { backend: 'reference' } });
    expect(provenance.unitMilliseconds).toBeGreaterThan(0);
    const { sources, commit, lockfileSha256 } = await codeState('reference');
    expect(provenance.code).toMatchObject([{ sources, commit, lockfileSha256 }]);
  });

  it('leaves the record, the events and nothing else', () =>
    inFolder(async store => {
      const order = orderFor(store);
      const { record } = (await runHere(order))!;
      expect(openStore(store).record(order.key)).toEqual(record);
      expect(openStore(store).done(order.key)).toBeNull();
      const lines = readFileSync(join(folderOf(order), 'events.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const events = lines.map(line => JSON.parse(line));
      expect(events.map(({ type }) => type)).toContain('warmupEnded');
      expect(events).toHaveLength(7);
    }));

  it('takes a recorded job as it is, and computes it again when forced to', () =>
    inFolder(async store => {
      const { record } = (await runHere(orderFor(store)))!;
      expect(await runHere(orderFor(store))).toEqual({ record, how: 'recorded' });
      const again = (await runHere(orderFor(store, record.identity, { force: true })))!;
      expect(again.how).toBe('ran');
      expect(again.record.provenance.startedAt > record.provenance.startedAt).toBe(true);
      expect(JSON.stringify(again.record.result)).toBe(expected);
    }));

  it('stopped at any iterations and resumed, ends in the same bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }), async stops =>
        inFolder(async store => {
          let attempts = 0;
          for (const at of [...stops].sort((a, b) => a - b)) {
            const end = await runHere(orderFor(store), (message, stop) => {
              if (message.type === 'started' && message.done >= at) stop();
              if (message.type === 'checkpointed' && message.done >= at) stop();
            });
            expect(end).toBeNull();
            attempts++;
          }
          const { record, how } = (await runHere(orderFor(store)))!;
          expect(JSON.stringify(record.result)).toBe(expected);
          expect(how === 'ran').toBe(record.provenance.resumed === 0);
          expect(record.provenance.resumed).toBeLessThanOrEqual(attempts);
        }),
      ),
      { numRuns: 8 },
    ));

  it('killed at any checkpoint or after, resumes from what lies there and ends in the same bytes', () =>
    inFolder(async store => {
      const killed: string[] = [];
      const order = orderFor(store);
      await runHere(order, message => {
        if (message.type !== 'checkpointed' || message.done % 3 !== 0) return;
        const copy = `${store}/killed-${message.done}`;
        const filter = (file: string) => !basename(file).startsWith('lock.'); // of a process that lives
        cpSync(join(store, 'runs'), join(copy, 'runs'), { recursive: true, filter });
        cpSync(join(store, 'store.json'), join(copy, 'store.json'));
        const job = openStore(copy).jobFolder(order.key);
        writeFileSync(join(job, 'events.jsonl'), '{"type":"point","cur', { flag: 'a' }); // what a kill tears off
        writeFileSync(join(job, 'checkpoint.bin.99.tmp'), 'half');
        killed.push(copy);
      });
      expect(killed).toHaveLength(4);
      for (const copy of killed) {
        const { record, how } = (await runHere(orderFor(copy)))!;
        expect(how).toBe('resumed');
        expect(JSON.stringify(record.result)).toBe(expected);
        const job = openStore(copy).jobFolder(order.key);
        expect(readFileSync(join(job, 'events.jsonl'))).toEqual(
          readFileSync(join(folderOf(order), 'events.jsonl')),
        );
        expect(existsSync(join(job, 'checkpoint.bin.99.tmp'))).toBe(false);
      }
    }));

  it('says so when a job was resumed by another engine', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store));
      changeAttempts(order, () => ({ engines: ['an older engine'] }));
      const { determinism } = (await runHere(order))!.record.result;
      expect(determinism.tier).toBe('D3');
      expect(determinism.evidence).toContain('an older engine; then node');
    }));

  it('says so when a job was resumed under other code, and lists all that computed it', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store), 5);
      const now = await codeState('reference');
      const before = { ...now, sources: 'a'.repeat(64), commit: 'b'.repeat(40), dirty: true };
      changeAttempts(order, () => ({ code: [before] }));
      const { result, provenance } = (await runHere(order))!.record;
      const commit = now.commit?.slice(0, 10) ?? 'unknown';
      expect(result.determinism).toEqual({
        tier: 'D3',
        evidence: expect.stringContaining(
          `resumed under other code: bbbbbbbbbb with changes; then ${commit}`,
        ),
      });
      expect(provenance.code).toMatchObject([before, { sources: now.sources, commit: now.commit }]);
      expect(openStore(store).record(order.key)!.provenance.code).toEqual(provenance.code);
      const { determinism: _, ...rest } = result;
      const { determinism: __, ...whole } = uninterrupted.record.result;
      expect(rest).toEqual(whole);
    }));

  it('stays in its tier when only what computes nothing has changed: another commit of the same sources', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store), 5);
      const now = await codeState('reference');
      const before = { ...now, commit: 'b'.repeat(40), dirty: false, diffSha256: null };
      changeAttempts(order, () => ({ code: [before] }));
      const { result, provenance } = (await runHere(order))!.record;
      expect(JSON.stringify(result)).toBe(expected);
      expect(provenance.code).toMatchObject([before, { sources: now.sources, commit: now.commit }]);
    }));

  it('fails at the iteration at which the loss stops being a number', () =>
    inFolder(async store => {
      const schedule = { ...tinySpec.schedule, rate: 1e30, warmup: null };
      const failure = runHere(orderFor(store, identityOf({ ...tinySpec, schedule })));
      await expect(failure).rejects.toThrow(/ResNet-8, seed 1: the loss is \w+ at iteration \d+/);
      await expect(failure).rejects.toMatchObject({ name: 'UserError', exitCode: 4 });
    }));

  it('does not resume from the checkpoint of another spec, and leaves it alone', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store));
      const other = orderFor(store, identityOf(tinySpec, 'reference', 2));
      cpSync(folderOf(order), folderOf(other), { recursive: true });
      const file = checkpointOf(other);
      const before = readFileSync(file);
      const failure = await runHere(other).catch(error => error);
      expect(failure).toBeInstanceOf(UserError);
      expect(failure.message).toContain(
        `${file}: cannot resume from this checkpoint, it belongs to another run`,
      );
      expect(failure.fix).toContain(`mv ${file} ${file}.bad`);
      expect(readFileSync(file)).toEqual(before);
      expect((await runHere({ ...other, force: true }))!.how).toBe('ran');
    }));

  it('does not resume from events that were changed since the checkpoint', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store), 8);
      const events = join(folderOf(order), 'events.jsonl');
      const text = readFileSync(events, 'utf8');
      const edited = text.replace(/"error":[1-9]/, '"error":0');
      expect(edited).not.toBe(text);
      writeFileSync(events, edited);
      const failure = await runHere(order).catch(error => error);
      expect(failure).toBeInstanceOf(UserError);
      expect(failure.message).toContain(
        `${events}: not the log that the checkpoint was taken with, it was changed since`,
      );
      expect(failure.fix).toContain(`mv ${checkpointOf(order)}`);
      expect(readFileSync(events, 'utf8')).toBe(edited);
      expect(openStore(store).done(order.key)).toBeGreaterThan(7);
    }));

  it('waits for whoever is at the job, and stops waiting when told to', () =>
    inFolder(async store => {
      const order = orderFor(store);
      markStore(store);
      const lock = tryLock(folderOf(order));
      const messages: WorkerMessage[] = [];
      const end = await runHere(order, (message, stop) => {
        messages.push(message);
        stop();
      });
      expect(end).toBeNull();
      const { host, file } = lockHolder(folderOf(order))!;
      const waiting = { type: 'waiting', forProcess: process.pid, host, file, takenOverIn: null };
      expect(messages).toEqual([waiting]);
      expect(lock).toHaveProperty('release');
    }));

  it('names the backends when there is none of that name', () =>
    inFolder(async store => {
      const order = orderFor(store, identityOf(tinySpec, 'caffe'));
      await expect(runHere(order)).rejects.toThrow(
        /^No backend caffe; expected one of (\w+, )*onnxruntime, .*reference/,
      );
    }));
});

describe('force', () => {
  const forced = (store: string) => orderFor(store, identityOf(), { force: true });

  it('keeps the record until there is a new one, through a failure and an interruption', () =>
    inFolder(async store => {
      const { record } = (await runHere(orderFor(store)))!;
      const broken = { openTraining: () => Promise.reject(new Error('no data')) };
      await expect(runHere(forced(store), () => {}, { execution: broken as never })).rejects.toThrow(
        'no data',
      );
      expect(openStore(store).record(record.key)).toEqual(record);
      await begun(forced(store), 4);
      expect(openStore(store).record(record.key)).toEqual(record);
      expect(openStore(store).doneAgain(record)).toBeGreaterThan(3);
      expect(await runHere(orderFor(store))).toEqual({ record, how: 'recorded' });
    }));

  it('resumes where it was interrupted', () =>
    inFolder(async store => {
      const { record } = (await runHere(orderFor(store)))!;
      await begun(forced(store), 7);
      expect((await runHere(orderFor(store)))!.how).toBe('recorded'); // which does not disturb it
      const started: number[] = [];
      const again = (await runHere(forced(store), message => {
        if (message.type === 'started') started.push(message.done);
      }))!;
      expect(started).toEqual([8]);
      expect(again.how).toBe('resumed');
      expect(again.record.provenance.startedAt > record.provenance.startedAt).toBe(true);
      expect(again.record.provenance.resumed).toBe(1);
      expect(JSON.stringify(again.record.result)).toBe(expected);
      expect(openStore(store).record(record.key)).toEqual(again.record);
      expect(existsSync(checkpointOf(forced(store)))).toBe(false);
    }));

  it('starts over what is half done and not recorded', () =>
    inFolder(async store => {
      await begun(orderFor(store), 7);
      const started: number[] = [];
      const { how } = (await runHere(forced(store), message => {
        if (message.type === 'started') started.push(message.done);
      }))!;
      expect([started, how]).toEqual([[0], 'ran']);
    }));

  it('does not take up the checkpoint that a crash left beside its own record', () =>
    inFolder(async store => {
      const order = await begun(orderFor(store), 9);
      const left = readFileSync(checkpointOf(order));
      const { record } = (await runHere(order))!;
      writeFileSync(checkpointOf(order), left); // it died between writing the record and removing this
      expect(openStore(store).doneAgain(record)).toBeNull();
      expect((await runHere(forced(store)))!.how).toBe('ran');
      writeFileSync(checkpointOf(order), left);
      expect((await runHere(order))!.how).toBe('recorded');
    }));

  it.each([
    ['half of it', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 2000))],
    ['nothing of ours', (file: string) => writeFileSync(file, 'x')],
    [
      'a folder',
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
  ])('starts over where the checkpoint is %s', (_, damage) =>
    inFolder(async store => {
      const { record } = (await runHere(orderFor(store)))!;
      await begun(forced(store), 7);
      damage(checkpointOf(forced(store)));
      const again = (await runHere(forced(store)))!;
      expect(again.how).toBe('ran');
      expect(again.record.result).toEqual(record.result);
    }),
  );

  it('replaces a record that cannot be used', () =>
    inFolder(async store => {
      await runHere(orderFor(store));
      const file = join(folderOf(orderFor(store)), 'record.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"seed": 1', '"seed": 2'));
      await expect(runHere(orderFor(store))).rejects.toThrow('cannot be used as a record');
      const { record } = (await runHere(forced(store)))!;
      expect(openStore(store).record(record.key)).toEqual(record);
    }));
});
