import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { reference } from '../../backends/reference/index.ts';
import { TrainingBatches } from '../../ml/data/cifar10/batches.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram } from '../../ml/program.ts';
import { identityOf, inFolder, noiseImages, orderFor, tinySpec } from './fixtures.ts';
import { averageStatistics } from './population.ts';
import { trainRun } from './train.ts';
import type { WorkerMessage } from './types.ts';

const program = buildProgram({
  network: tinySpec.network,
  imageSize: 32,
  sgd: tinySpec.optimiser.sgd,
  trainBatch: 8,
  evaluationBatch: 8,
});
const { train } = await noiseImages();
const mean = new Float32Array(3 * 32 * 32).fill(128);
const batches = new TrainingBatches({ train, mean, seed: 1, batch: 8, augmentation: { pad: 1, flip: true } });

async function averaged(first: number, count: number) {
  const session = await reference.open(program, { threads: 1 });
  await session.setState({ ...initialState(program, 1), velocity: velocity() });
  expect(await averageStatistics(session, program, { batches, first, count }, async () => true)).toBe(true);
  return session.getState();
}

function velocity(): Float32Array {
  return initialState(program, 2).parameters;
}

describe('averages of BN statistics', () => {
  it('of one batch are what running averages of that batch converge to', async () => {
    const { statistics } = await averaged(3, 1);
    const session = await reference.open(program, { threads: 1 });
    const initial = initialState(program, 1);
    const batch = { images: new Float32Array(8 * mean.length), labels: new Int32Array(8) };
    batches.fill(3, batch);
    await session.setState(initial);
    for (let i = 0; i < 150; i++) {
      await session.trainStep(batch, 0);
      const { statistics } = await session.getState();
      await session.setState({ ...initial, statistics });
    }
    const limit = (await session.getState()).statistics;
    statistics.forEach((value, i) => {
      expect(Math.abs(value - limit[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(limit[i]!)));
    });
  }, 60_000);

  it('of several batches are the mean of those of each', async () => {
    const [both, first, second] = [await averaged(3, 2), await averaged(3, 1), await averaged(4, 1)];
    both.statistics.forEach((value, i) => {
      const expected = (first.statistics[i]! + second.statistics[i]!) / 2;
      expect(value).toBeCloseTo(expected, 4 - Math.ceil(Math.log10(Math.max(1, Math.abs(expected)))));
    });
    expect(first.statistics).not.toEqual(second.statistics);
  });

  it('leave parameters and velocity as they were', async () => {
    const { parameters, velocity: after } = await averaged(0, 2);
    expect(parameters).toEqual(initialState(program, 1).parameters);
    expect(after).toEqual(velocity());
  });

  it('stop when asked to', async () => {
    const session = await reference.open(program, { threads: 1 });
    await session.setState(initialState(program, 1));
    const stop = { batches, first: 0, count: 2 };
    expect(await averageStatistics(session, program, stop, async () => false)).toBe(false);
  });

  it('interrupted, are taken again by the next attempt, which ends in the same result', () =>
    inFolder(async store => {
      const evaluation = { ...tinySpec.evaluation, responses: false, statisticsBatches: 6 };
      const identity = identityOf({ ...tinySpec, evaluation });
      const run = (folder: string, stopAt = Number.POSITIVE_INFINITY) => {
        const stop = new AbortController();
        const onMessage = (message: WorkerMessage) => {
          if (message.type === 'progress' && message.final >= stopAt) stop.abort();
        };
        const options = { onMessage, signal: stop.signal, loadImages: noiseImages };
        return trainRun(orderFor(join(store, folder), identity), options);
      };
      const whole = (await run('whole'))!.record;
      let now = 0;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000)); // a message at every batch
      const stopped = await run('stopped', 3 / 7); // of six training batches and one of test images
      clock.mockRestore();
      expect(stopped).toBeNull();
      const { record, how } = (await run('stopped'))!;
      expect(how).toBe('resumed');
      expect(JSON.stringify(record.result)).toBe(JSON.stringify(whole.result));
    }));

  it('change the final errors of a run, and nothing of its training', () =>
    inFolder(async store => {
      const { evaluation } = tinySpec;
      const result = async (statisticsBatches?: number) => {
        const spec = {
          ...tinySpec,
          evaluation: { ...evaluation, ...(statisticsBatches && { statisticsBatches }) },
        };
        const options = {
          onMessage: () => {},
          signal: new AbortController().signal,
          loadImages: noiseImages,
        };
        return (await trainRun(orderFor(store, identityOf(spec)), options))!.record.result;
      };
      const [running, average] = [await result(), await result(3)];
      expect(average.testLoss).not.toBe(running.testLoss);
      expect(average.trainError).toBe(running.trainError);
      expect(average.digests.firstSteps).toBe(running.digests.firstSteps);
    }));
});
