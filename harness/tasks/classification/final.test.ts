import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { topErrors } from '../../../ml/metrics/scores.ts';
import {
  identityOf,
  inFolder,
  noiseImages,
  orderFor,
  runHere,
  tinySpec,
} from '../../execute/jobs.fixture.ts';
import { openStore } from '../../record/store.ts';
import { readScores } from '../scores-file.ts';
import type { TrainSpec } from './spec.ts';

const images = await noiseImages();
const spec: TrainSpec = {
  ...tinySpec,
  evaluation: {
    ...tinySpec.evaluation,
    tests: [
      { name: 'tenCrop', pad: 1 },
      { name: 'multiScale', sizes: [8, 12], flip: true },
    ],
  },
};

const train = (store: string, of: TrainSpec, react?: Parameters<typeof runHere>[1]) =>
  runHere(orderFor(store, identityOf(of)), react);

describe('test protocols after a training', () => {
  it('are recorded as errors, and as scores of which these are the errors', () =>
    inFolder(async store => {
      const { record } = (await train(store, spec))!;
      const scores = readScores(openStore(store).artefact(record.key, 'scores.bin')!);
      expect([...scores.labels]).toEqual([...images.test.labels]);
      expect([...scores.tests.keys()]).toEqual(['tenCrop', 'multiScale']);
      for (const [name, values] of scores.tests) {
        expect(values).toHaveLength(20 * 10);
        for (let image = 0; image < 20; image++) {
          const sum = values.subarray(10 * image, 10 * image + 10).reduce((a, b) => a + b);
          expect(sum).toBeCloseTo(1, 5);
        }
        const wrong = topErrors(values, scores.labels, 10);
        expect(record.result.measures[`${name}.top1`]).toBe(5 * wrong.top1);
        expect(record.result.measures[`${name}.top5`]).toBe(5 * wrong.top5);
      }
    }));

  it('change nothing else of a result, and a job without them leaves none', () =>
    inFolder(async store => {
      const without = (await train(store, tinySpec))!.record;
      const { measures, artefacts, ...result } = (await train(store, spec))!.record.result;
      const { measures: ownMeasures, artefacts: ownArtefacts, ...ownResult } = without.result;
      expect(JSON.stringify(result)).toBe(JSON.stringify(ownResult));
      expect(Object.keys(artefacts).sort()).toEqual(['scores.bin', 'wrong.bin']);
      expect(Object.keys(ownArtefacts)).toEqual(['wrong.bin']);
      expect(openStore(store).artefact(without.key, 'scores.bin')).toBeNull();
      const names = ['tenCrop.top1', 'tenCrop.top5', 'multiScale.top1', 'multiScale.top5'];
      expect(Object.keys(measures)).toEqual([...Object.keys(ownMeasures), ...names]);
      for (const [name, value] of Object.entries(ownMeasures)) expect(measures[name]).toBe(value);
    }));

  it('interrupted, are repeated, and end in the same bytes', () =>
    inFolder(async store => {
      const whole = (await train(join(store, 'whole'), spec))!.record;
      const stopped = join(store, 'stopped');
      let now = 0;
      // A message at every batch, however long the training seems to take.
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 3000));
      let reached = 0;
      const end = await train(stopped, spec, (message, stop) => {
        if (message.type !== 'progress' || message.final < 0.5) return;
        reached = message.final;
        stop();
      });
      clock.mockRestore();
      expect(reached).toBeCloseTo(0.5, 1);
      expect(end).toBeNull();
      expect(openStore(stopped).done(whole.key)).toBe(12);
      const { record, how } = (await train(stopped, spec))!;
      expect(how).toBe('resumed');
      expect(JSON.stringify(record.result)).toBe(JSON.stringify(whole.result));
      const scoresOf = (folder: string) =>
        readFileSync(join(openStore(folder).jobFolder(whole.key), 'scores.bin'));
      expect(scoresOf(stopped)).toEqual(scoresOf(join(store, 'whole')));
    }));
});
