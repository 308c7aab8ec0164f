import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jobFiles, openStore } from '../record/store.ts';
import { readTrace } from '../record/trace.ts';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from './jobs.fixture.ts';

const traceOf = (store: string, key: string) => join(openStore(store).jobFolder(key), jobFiles.trace);

describe('the trace of a training', () => {
  it('is the same after an interruption, has every step, and changes no result', () =>
    inFolder(async folder => {
      const [whole, parts, plain] = ['whole', 'parts', 'plain'].map(name => join(folder, name)) as [
        string,
        string,
        string,
      ];
      const order = (store: string, trace = true) => orderFor(store, identityOf(), { trace });
      const { key } = order(whole);
      const end = await runHere(order(whole));
      let stops = 0;
      for (let attempt = 0; attempt < 3; attempt++) {
        await runHere(order(parts), (message, stop) => {
          if (message.type !== 'checkpointed' || message.done < 4 * (attempt + 1)) return;
          stops++;
          stop();
        });
      }
      expect(stops).toBeGreaterThan(1);
      const text = readFileSync(traceOf(whole, key), 'utf8');
      expect(readFileSync(traceOf(parts, key), 'utf8')).toBe(text);
      const steps = readTrace(traceOf(whole, key))!.map(({ step }) => step);
      expect(steps).toEqual(Array.from({ length: tinySpec.schedule.iterations }, (_, i) => i + 1));
      const untraced = await runHere(order(plain, false));
      expect(existsSync(traceOf(plain, key))).toBe(false);
      expect(untraced!.record.result).toEqual(end!.record.result);
    }));

  it('does not outlive the run that it is of', () =>
    inFolder(async store => {
      const order = orderFor(store, identityOf(), { trace: true });
      await runHere(order);
      expect(existsSync(traceOf(store, order.key))).toBe(true);
      await runHere({ ...order, trace: false, force: true });
      expect(existsSync(traceOf(store, order.key))).toBe(false);
    }));
});
