import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { readCheckpoint, writeCheckpoint } from '../record/checkpoint.ts';
import { tryLock } from '../record/lock.ts';
import { openStore } from '../record/store.ts';
import { identityOf, inFolder, noiseImages, orderFor, tinySpec } from './fixtures.ts';
import { trainRun } from './train.ts';
import type { WorkerMessage, WorkerOrder } from './types.ts';

const images = await noiseImages();
const loadImages = async () => images;

/** Trains in this process; `react` sees every message and may stop the run. */
function train(order: WorkerOrder, react: (message: WorkerMessage, stop: () => void) => void = () => {}) {
  const stop = new AbortController();
  const onMessage = (message: WorkerMessage) => react(message, () => stop.abort());
  return trainRun(order, { onMessage, signal: stop.signal, loadImages });
}

const uninterrupted = await inFolder(async store => (await train(orderFor(store)))!);
const expected = JSON.stringify(uninterrupted.record.result);

describe('trainRun', () => {
  it('records what was measured', async () => {
    const { result, identity, provenance } = uninterrupted.record;
    expect(uninterrupted.how).toBe('ran');
    expect(identity.spec).toEqual(tinySpec);
    expect(result.curve.train.map(p => p.iteration)).toEqual([5, 10, 12]);
    expect(result.curve.test.map(p => p.iteration)).toEqual([4, 8, 12]);
    expect(result.testError).toBe(result.curve.test.at(-1)!.error);
    expect(result.warmupEnded).toBeGreaterThanOrEqual(3);
    expect(result.responses!.map(r => r.layer)).toHaveLength(7);
    expect(result.responses!.every(r => r.std > 0)).toBe(true);
    expect(result.determinism.tier).toBe('D1');
    expect(new Set(Object.values(result.digests)).size).toBe(3);
    expect(provenance).toMatchObject({ command: 'test', resumed: 0, session: { backend: 'reference' } });
    expect(provenance.stepMilliseconds).toBeGreaterThan(0);
  });

  it('leaves the record, the events and nothing else', () =>
    inFolder(async store => {
      const order = orderFor(store);
      const { record } = (await train(order))!;
      const folder = openStore(store).runFolder(order.key);
      expect(await openStore(store).readRecord(order.key)).toEqual(record);
      expect(await openStore(store).checkpointIteration(order.key)).toBeNull();
      const events = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
      expect(events.map(line => JSON.parse(line).type)).toContain('warmupEnded');
      expect(events).toHaveLength(7);
    }));

  it('takes a recorded run as it is, and trains it again when forced to', () =>
    inFolder(async store => {
      const { record } = (await train(orderFor(store)))!;
      expect(await train(orderFor(store))).toEqual({ record, how: 'recorded' });
      const again = (await train(orderFor(store, record.identity, { force: true })))!;
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
            const end = await train(orderFor(store), (message, stop) => {
              if (message.type === 'started' && message.iteration >= at) stop();
              if (message.type === 'checkpointed' && message.iteration >= at) stop();
            });
            expect(end).toBeNull();
            attempts++;
          }
          const { record, how } = (await train(orderFor(store)))!;
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
      await train(order, message => {
        if (message.type !== 'checkpointed' || message.iteration % 3 !== 0) return;
        const copy = `${store}/killed-${message.iteration}`;
        const filter = (file: string) => !basename(file).startsWith('lock.'); // of a process that lives
        cpSync(join(store, 'runs'), join(copy, 'runs'), { recursive: true, filter });
        const run = openStore(copy).runFolder(order.key);
        writeFileSync(join(run, 'events.jsonl'), '{"type":"test","iter', { flag: 'a' }); // what a kill tears off
        writeFileSync(join(run, 'checkpoint.bin.99.tmp'), 'half');
        killed.push(copy);
      });
      expect(killed).toHaveLength(4);
      for (const copy of killed) {
        const { record, how } = (await train(orderFor(copy)))!;
        expect(how).toBe('resumed');
        expect(JSON.stringify(record.result)).toBe(expected);
        expect(readFileSync(join(openStore(copy).runFolder(order.key), 'events.jsonl'))).toEqual(
          readFileSync(join(openStore(store).runFolder(order.key), 'events.jsonl')),
        );
      }
    }));

  it('says so when a run was continued by another engine', () =>
    inFolder(async store => {
      const order = orderFor(store);
      await train(order, (message, stop) => message.type === 'checkpointed' && stop());
      const file = join(openStore(store).runFolder(order.key), 'checkpoint.bin');
      const { header, state } = readCheckpoint(file, order.key)!;
      const attempts = { ...header.attempts, engines: ['an older engine'] };
      writeCheckpoint(file, { header: { ...header, attempts }, state });
      const { determinism } = (await train(order))!.record.result;
      expect(determinism.tier).toBe('D3');
      expect(determinism.evidence).toContain('an older engine; then node');
    }));

  it('fails at the iteration at which the loss stops being a number', () =>
    inFolder(async store => {
      const schedule = { ...tinySpec.schedule, rate: 1e30, warmup: null };
      const failure = train(orderFor(store, identityOf({ ...tinySpec, schedule })));
      await expect(failure).rejects.toThrow(/ResNet-8, seed 1: the loss is \w+ at iteration \d+/);
      await expect(failure).rejects.toMatchObject({ exitCode: 4 });
    }));

  it('does not continue the checkpoint of another spec, and leaves it alone', () =>
    inFolder(async store => {
      const order = orderFor(store);
      await train(order, (message, stop) => message.type === 'checkpointed' && stop());
      const other = orderFor(store, identityOf(tinySpec, 'reference', 2));
      cpSync(openStore(store).runFolder(order.key), openStore(store).runFolder(other.key), {
        recursive: true,
      });
      const file = join(openStore(store).runFolder(other.key), 'checkpoint.bin');
      const before = readFileSync(file);
      const failure = await train(other).catch(error => error);
      expect(failure).toBeInstanceOf(UserError);
      expect(failure.message).toContain(
        `${file}: this checkpoint cannot be continued, it belongs to another run`,
      );
      expect(failure.fix).toContain(`rm ${file}`);
      expect(readFileSync(file)).toEqual(before);
      expect((await train({ ...other, force: true }))!.how).toBe('ran');
    }));

  it('waits for whoever is at the run, and stops waiting when told to', () =>
    inFolder(async store => {
      const order = orderFor(store);
      const lock = tryLock(openStore(store).runFolder(order.key));
      const messages: WorkerMessage[] = [];
      const end = await train(order, (message, stop) => {
        messages.push(message);
        stop();
      });
      expect(end).toBeNull();
      expect(messages).toEqual([{ type: 'waiting', forProcess: process.pid }]);
      expect(lock).toHaveProperty('release');
    }));

  it('names the backends when there is none of that name', () =>
    inFolder(async store => {
      const order = orderFor(store, identityOf(tinySpec, 'caffe'));
      await expect(train(order)).rejects.toThrow('No backend caffe; expected one of onnxruntime, reference.');
    }));
});
