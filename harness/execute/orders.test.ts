import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineLost } from '../../backends/contract.ts';
import { holderName, ownHolder } from '../../ml/data/holder.ts';
import { UserError } from '../errors.ts';
import { inFolder, orderFor } from './jobs.fixture.ts';
import {
  failure,
  failureIn,
  MessageReader,
  messagesOf,
  readOrder,
  removeOrder,
  say,
  sweepOrders,
  writeOrder,
} from './orders.ts';
import type { WorkerMessage } from './types.ts';

describe('an order', () => {
  it('is read as it was written, and its worker speaks in the file beside it', () =>
    inFolder(folder => {
      const job = join(folder, 'runs', 'a'); // which is not there yet
      const files = writeOrder(job, orderFor(folder));
      expect(readOrder(files.order)).toEqual(orderFor(folder));
      expect(messagesOf(files.order)).toBe(files.messages);
      expect(new MessageReader(files.messages).read()).toEqual([]);
      const message: WorkerMessage = { type: 'checkpointed', done: 3 };
      say(messagesOf(files.order), message);
      expect(new MessageReader(files.messages).read()).toEqual([message]);
      removeOrder(files);
      expect(readdirSync(job)).toEqual([]);
    }));

  it('is of the process that gave it and has a number, so that no two for a job disturb each other', () =>
    inFolder(folder => {
      const [first, second] = [writeOrder(folder, orderFor(folder)), writeOrder(folder, orderFor(folder))];
      expect(first.order).toMatch(new RegExp(`order\\.\\d+\\.${process.pid}\\.`));
      say(first.messages, { type: 'checkpointed', done: 1 });
      expect(new MessageReader(second.messages).read()).toEqual([]);
      removeOrder(second);
      expect(readdirSync(folder)).toHaveLength(2);
      expect(new MessageReader(first.messages).read()).toHaveLength(1);
    }));

  it('of a giver that is gone is not answered: its messages are not made anew', () =>
    inFolder(folder => {
      const files = writeOrder(folder, orderFor(folder));
      removeOrder(files);
      say(files.messages, { type: 'checkpointed', done: 1 });
      expect(readdirSync(folder)).toEqual([]);
    }));

  it('that is not there is an explained error', () =>
    inFolder(folder => {
      const file = join(folder, 'order.1.1.here.json');
      expect(() => readOrder(file)).toThrow(UserError);
      expect(() => readOrder(file)).toThrow(file);
    }));

  it('of a process that is gone is swept away, with what was said about it, and no other', () =>
    inFolder(folder => {
      const own = writeOrder(folder, orderFor(folder));
      const here = ownHolder();
      const dead = holderName({ ...here, pid: 999999999 });
      const reused = holderName({ ...here, started: '1' }); // another process had this number
      const elsewhere = holderName({ ...here, where: '01234567', host: 'another-host' }); // heard of just now
      const names = [dead, reused, elsewhere].flatMap(name => [
        `order.1.${name}.json`,
        `messages.1.${name}.jsonl`,
      ]);
      for (const name of [...names, 'events.jsonl', 'record.json']) writeFileSync(join(folder, name), '');
      sweepOrders(folder);
      expect(existsSync(own.order) && existsSync(own.messages)).toBe(true);
      expect(existsSync(join(folder, `order.1.${dead}.json`))).toBe(false);
      expect(existsSync(join(folder, `messages.1.${dead}.jsonl`))).toBe(false);
      if (process.platform === 'linux')
        expect(existsSync(join(folder, `order.1.${reused}.json`))).toBe(false);
      for (const kept of [`order.1.${elsewhere}.json`, 'events.jsonl', 'record.json'])
        expect(existsSync(join(folder, kept))).toBe(true);
    }));
});

describe('MessageReader', () => {
  it('gives every message once and whole, however its bytes arrive', () => {
    const message = fc.record({
      type: fc.constant('failed' as const),
      message: fc.string({ unit: 'grapheme', maxLength: 12 }),
      exitCode: fc.constant(4),
    });
    return fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (messages, sizes) =>
          inFolder(folder => {
            const file = join(folder, 'messages.jsonl');
            const bytes = Buffer.from(messages.map(each => `${JSON.stringify(each)}\n`).join(''));
            const reader = new MessageReader(file);
            const read: WorkerMessage[] = reader.read(); // nothing is there
            for (let at = 0, turn = 0; at < bytes.length; turn++) {
              const size = sizes[turn % sizes.length]!;
              appendFileSync(file, bytes.subarray(at, at + size)); // tears letters of several bytes apart
              at += size;
              read.push(...reader.read());
            }
            expect(read).toEqual(messages);
          }),
      ),
      { numRuns: 40 },
    );
  });

  it('leaves out a line that a full disk tore, and goes on behind it', () =>
    inFolder(folder => {
      const file = join(folder, 'messages.jsonl');
      writeFileSync(
        file,
        '{"type":"check{"type":"checkpointed","done":2}\n{"type":"checkpointed","done":3}\n',
      );
      expect(new MessageReader(file).read()).toEqual([{ type: 'checkpointed', done: 3 }]);
    }));

  it('explains what cannot be read, and takes nothing then', () =>
    inFolder(folder => {
      const file = join(folder, 'messages.jsonl');
      const reader = new MessageReader(file);
      mkdirSync(file);
      expect(() => reader.read()).toThrow(`${file}: cannot be read, it is a folder`);
      rmSync(file, { recursive: true });
      writeFileSync(file, '{"type":"checkpointed","done":1}\n');
      expect(reader.read()).toHaveLength(1);
    }));

  it('leaves a line that is never ended alone', () =>
    inFolder(folder => {
      const file = join(folder, 'messages.jsonl');
      writeFileSync(file, '{"type":"checkpointed","done":1}\n{"type":"check');
      const reader = new MessageReader(file);
      expect(reader.read()).toEqual([{ type: 'checkpointed', done: 1 }]);
      expect(reader.read()).toEqual([]);
    }));
});

describe('the message of a failure', () => {
  it('has the words of an explained error', () => {
    expect(failure(new EngineLost('gone'))).toEqual({ type: 'lost', message: 'gone' });
    expect(failure(new UserError('what', { fix: 'how', exitCode: 3 }))).toEqual({
      type: 'failed',
      message: 'what',
      fix: 'how',
      exitCode: 3,
    });
  });

  it('says what an error of the system means', () => {
    const error = Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename', path: '/store/x' });
    expect(failure(error)).toEqual({
      type: 'failed',
      message: '/store/x: rename failed, the disk reports an input/output error.',
      fix: expect.stringMatching(/^df \/store /),
      exitCode: 4,
    });
  });

  it('is found among what a worker printed, and nothing else is', () => {
    const message = failure(new UserError('what', { fix: 'how' }));
    const lines = ['{"type":"done"}', '4', '{"type":', 'Error: x', JSON.stringify(message)];
    expect(lines.flatMap(failureIn)).toEqual([message]);
  });

  it('keeps the stack of a fault of ours', () => {
    const message = failure(new TypeError('ours'));
    expect(message).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/^TypeError: ours\n +at /),
    });
    expect(failure('thrown')).toMatchObject({ message: 'thrown', exitCode: 4 });
  });
});

it('a message that cannot be written is explained', () =>
  inFolder(folder => {
    mkdirSync(join(folder, 'messages.jsonl'));
    expect(() => say(join(folder, 'messages.jsonl'), { type: 'checkpointed', done: 1 })).toThrow(UserError);
  }));
