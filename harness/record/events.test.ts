import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import { EventLog, type LogPrefix, readEvents } from './events.ts';
import type { JobEvent } from './types.ts';

const event = (at: number): JobEvent => ({
  type: 'point',
  curve: 'test',
  point: { at, error: 10 / 3, loss: 0.1 },
});
const events = (count: number) => Array.from({ length: count }, (_, i) => event(i));

/** A log of so many events; what a checkpoint would vouch for. */
function logOf(file: string, count: number): LogPrefix {
  const log = new EventLog(file, null);
  for (const each of events(count)) log.append(each);
  const prefix = log.sync();
  log.close();
  return prefix;
}

describe('EventLog', () => {
  it('begins in no pipe, which would be waited for, and in no folder', async () => {
    await inFolder(async folder => {
      const [pipe, other] = [join(folder, 'events.jsonl'), join(folder, 'folder')];
      execFileSync('mkfifo', [pipe]);
      expect(() => new EventLog(pipe, null)).toThrow(
        /cannot be written, it is a pipe or a device, not a file/,
      );
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      expect(() => new EventLog(pipe, null)).toThrow(
        /cannot be written, it is a pipe or a device, not a file/,
      );
      closeSync(reader);
      mkdirSync(other);
      expect(() => new EventLog(other, null)).toThrow(UserError);
    });
  });

  it('cut back to any synced length and continued, holds exactly what was meant to be there', async () => {
    const count = fc.integer({ min: 0, max: 5 });
    await fc.assert(
      fc.asyncProperty(count, count, count, (before, lost, after) =>
        inFolder(folder => {
          const file = join(folder, 'events.jsonl');
          const first = new EventLog(file, null);
          for (const each of events(before)) first.append(each);
          const prefix = first.sync();
          for (let i = 0; i < lost; i++) first.append(event(1000 + i));
          first.close();
          expect(readEvents(file, prefix)).toEqual(events(before));
          const second = new EventLog(file, prefix);
          for (let i = before; i < before + after; i++) second.append(event(i));
          const all = second.sync();
          second.close();
          expect(readFileSync(file)).toHaveLength(all.bytes);
          expect(readEvents(file, all)).toEqual(events(before + after));
          expect(all).toEqual(logOf(join(folder, 'whole.jsonl'), before + after));
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('begins anew where no checkpoint vouches for anything', () =>
    inFolder(folder => {
      const file = join(folder, 'events.jsonl');
      logOf(file, 3);
      const prefix = logOf(file, 1);
      expect(readEvents(file, prefix)).toEqual(events(1));
      expect(readFileSync(file)).toHaveLength(prefix.bytes);
    }));

  it('refuses a log that is shorter than its checkpoint says, and names the way out', () =>
    inFolder(folder => {
      const file = join(folder, 'events.jsonl');
      const { bytes, sha256 } = logOf(file, 1);
      const longer = { bytes: bytes + 1, sha256 };
      const checkpoint = join(folder, 'checkpoint.bin');
      for (const open of [() => readEvents(file, longer), () => new EventLog(file, longer)]) {
        const error = thrown(open);
        expect(error.message).toBe(
          `${file}: not the log that the checkpoint was taken with, it ends after ${bytes} of ${bytes + 1} bytes.`,
        );
        expect(error.fix).toContain(`mv ${checkpoint} ${checkpoint}.bad`);
      }
      expect(readFileSync(file)).toHaveLength(bytes);
      expect(thrown(() => readEvents(join(folder, 'none.jsonl'), longer)).message).toContain(
        'it ends after 0 of',
      );
    }));

  it('refuses a log of which any byte was changed, and leaves it alone', () =>
    inFolder(folder => {
      const file = join(folder, 'events.jsonl');
      const prefix = logOf(file, 3);
      const whole = readFileSync(file);
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: whole.length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          (at, by) => {
            const damaged = Buffer.from(whole);
            damaged[at]! ^= by;
            writeFileSync(file, damaged);
            for (const open of [() => readEvents(file, prefix), () => new EventLog(file, prefix)])
              expect(thrown(open).message).toContain('it was changed since');
            expect(readFileSync(file)).toEqual(damaged);
          },
        ),
      );
    }));

  it('refuses a longer log of another job, though as many bytes of it are there', () =>
    inFolder(folder => {
      const file = join(folder, 'events.jsonl');
      const prefix = logOf(file, 2);
      writeFileSync(file, `${JSON.stringify({ type: 'warmupEnded', at: 3 })}\n${readFileSync(file, 'utf8')}`);
      expect(thrown(() => readEvents(file, prefix)).message).toContain('it was changed since');
    }));
});

function thrown(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('nothing was thrown');
}
