import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inFolder } from '../execute/fixtures.ts';
import { EventLog, readEvents } from './events.ts';
import type { RunEvent } from './types.ts';

const event = (iteration: number): RunEvent => ({ type: 'test', iteration, error: 10 / 3, loss: 0.1 });

describe('EventLog', () => {
  it('cut back to any synced length and continued, holds exactly what was meant to be there', async () => {
    const count = fc.integer({ min: 0, max: 5 });
    await fc.assert(
      fc.asyncProperty(count, count, count, (before, lost, after) =>
        inFolder(folder => {
          const file = join(folder, 'events.jsonl');
          const first = new EventLog(file, 0);
          for (let i = 0; i < before; i++) first.append(event(i));
          const bytes = first.sync();
          for (let i = 0; i < lost; i++) first.append(event(1000 + i));
          first.close();
          expect(readEvents(file, bytes)).toEqual(Array.from({ length: before }, (_, i) => event(i)));
          const second = new EventLog(file, bytes);
          for (let i = before; i < before + after; i++) second.append(event(i));
          const all = second.sync();
          second.close();
          expect(readFileSync(file)).toHaveLength(all);
          expect(readEvents(file, all)).toEqual(Array.from({ length: before + after }, (_, i) => event(i)));
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('refuses a log that is shorter than its checkpoint says, and names the way out', () =>
    inFolder(folder => {
      const file = join(folder, 'events.jsonl');
      const log = new EventLog(file, 0);
      log.append(event(1));
      const bytes = log.sync();
      log.close();
      expect(() => readEvents(file, bytes + 1)).toThrow(`${file}: expected ${bytes + 1} bytes of events`);
      expect(() => readEvents(join(folder, 'none.jsonl'), 1)).toThrow('ENOENT');
      expect(() => readEvents(file, bytes - 3)).toThrow('JSON');
    }));
});
