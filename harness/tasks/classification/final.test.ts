import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { topErrors } from '../../ml/metrics/scores.ts';
import type { RunSpec } from '../manifest/types.ts';
import { readScores } from '../record/scores.ts';
import { openStore } from '../record/store.ts';
import type { RunRecord } from '../record/types.ts';
import { identityOf, inFolder, noiseImages, orderFor, tinySpec } from './fixtures.ts';
import { trainRun } from './train.ts';
import type { WorkerMessage } from './types.ts';

const images = await noiseImages();
const spec: RunSpec = {
  ...tinySpec,
  evaluation: {
    ...tinySpec.evaluation,
    tests: [
      { name: 'tenCrop', pad: 1 },
      { name: 'multiScale', sizes: [8, 12] },
    ],
  },
};

function train(
  store: string,
  of: RunSpec,
  react: (message: WorkerMessage, stop: () => void) => void = () => {},
) {
  const stop = new AbortController();
  return trainRun(orderFor(store, identityOf(of)), {
    onMessage: message => react(message, () => stop.abort()),
    signal: stop.signal,
    loadImages: async () => images,
  });
}

function scoresFile(store: string, { key }: RunRecord): string {
  return join(openStore(store).runFolder(key), 'scores.bin');
}

describe('test protocols after a training', () => {
  it('are recorded as errors, and as scores of which these are the errors', () =>
    inFolder(async store => {
      const { record } = (await train(store, spec))!;
      const scores = readScores(scoresFile(store, record), record.result.digests.scores!)!;
      expect([...scores.labels]).toEqual([...images.test.labels]);
      expect([...scores.tests.keys()]).toEqual(['tenCrop', 'multiScale']);
      for (const [name, values] of scores.tests) {
        expect(values).toHaveLength(20 * 10);
        for (let image = 0; image < 20; image++) {
          const sum = values.subarray(10 * image, 10 * image + 10).reduce((a, b) => a + b);
          expect(sum).toBeCloseTo(1, 5);
        }
        expect(record.result.tests![name]).toEqual(topErrors(values, scores.labels, 10));
      }
    }));

  it('change nothing else of a result, and a run without them leaves none', () =>
    inFolder(async store => {
      const without = (await train(store, tinySpec))!.record;
      const { tests, ...result } = (await train(store, spec))!.record.result;
      const { scores, ...digests } = result.digests;
      expect(tests && scores).toBeTruthy();
      expect(JSON.stringify({ ...result, digests })).toBe(JSON.stringify(without.result));
      expect(existsSync(scoresFile(store, without))).toBe(false);
    }));

  it('interrupted, are repeated, and end in the same bytes', () =>
    inFolder(async store => {
      const whole = (await train(join(store, 'whole'), spec))!.record;
      const stopped = join(store, 'stopped');
      let now = 0;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000)); // a message at every batch
      let reached = 0;
      const end = await train(stopped, spec, (message, stop) => {
        if (message.type !== 'progress' || message.final < 0.5) return;
        reached = message.final;
        stop();
      });
      clock.mockRestore();
      expect(reached).toBeCloseTo(0.5, 1);
      expect(end).toBeNull();
      expect(await openStore(stopped).checkpointIteration(whole.key)).toBe(12);
      const { record, how } = (await train(stopped, spec))!;
      expect(how).toBe('resumed');
      expect(JSON.stringify(record.result)).toBe(JSON.stringify(whole.result));
      expect(readFileSync(scoresFile(stopped, record))).toEqual(
        readFileSync(scoresFile(join(store, 'whole'), whole)),
      );
    }));
});
