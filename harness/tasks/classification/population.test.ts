import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { reference } from '../../../backends/reference/index.ts';
import { TrainingBatches } from '../../../ml/data/cifar10/batches.ts';
import { batchNormOf } from '../../../ml/nets/spec.ts';
import { initialState } from '../../../ml/optim/init.ts';
import { buildProgram } from '../../../ml/program.ts';
import {
  identityOf,
  inFolder,
  noiseImages,
  orderFor,
  runHere,
  tinySpec,
} from '../../execute/jobs.fixture.ts';
import { averageStatistics } from './population.ts';

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
    const feeds = { images: new Float32Array(8 * mean.length), labels: new Int32Array(8) };
    batches.fill(3, feeds);
    await session.setState(initial);
    for (let i = 0; i < 150; i++) {
      await session.step(feeds, 0);
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

  it('are, to the bit, the sums of what the session says of each batch', async () => {
    const session = await reference.open(program, { threads: 1 });
    await session.setState(initialState(program, 1));
    const feeds = { images: new Float32Array(8 * mean.length), labels: new Int32Array(8) };
    const sums = new Float64Array(initialState(program, 1).statistics.length);
    for (const batch of [3, 4, 5]) {
      batches.fill(batch, feeds);
      const statistics = await session.batchStatistics(feeds);
      statistics.forEach((value, i) => {
        sums[i]! += value;
      });
    }
    const scale = 1 / (3 * batchNormOf(tinySpec.network)!.momentum);
    expect((await averaged(3, 3)).statistics).toEqual(Float32Array.from(sums, sum => sum * scale));
  });

  it('leave parameters and velocity as they were', async () => {
    const { parameters, velocity: after } = await averaged(0, 2);
    expect(parameters).toEqual(initialState(program, 1).parameters);
    expect(after).toEqual(velocity());
  });

  it('stop when asked to, and then leave the session as it was', async () => {
    const session = await reference.open(program, { threads: 1 });
    const initial = initialState(program, 1);
    await session.setState(initial);
    let batch = 0;
    const stop = { batches, first: 0, count: 3 };
    expect(await averageStatistics(session, program, stop, async () => batch++ < 2)).toBe(false);
    expect(await session.getState()).toEqual(initial);
  });

  it('interrupted, are taken again by the next attempt, which ends in the same result', () =>
    inFolder(async store => {
      const evaluation = { ...tinySpec.evaluation, responses: false, statisticsBatches: 6 };
      const identity = identityOf({ ...tinySpec, evaluation });
      const run = (folder: string, stopAt = Number.POSITIVE_INFINITY) =>
        runHere(orderFor(join(store, folder), identity), (message, stop) => {
          if (message.type === 'progress' && message.final >= stopAt) stop();
        });
      const whole = (await run('whole'))!.record;
      let now = 0;
      // A message at every batch, however long the training seems to take.
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 3000));
      const stopped = await run('stopped', 3 / 7); // of six training batches and one of test images
      clock.mockRestore();
      expect(stopped).toBeNull();
      const { record, how } = (await run('stopped'))!;
      expect(how).toBe('resumed');
      expect(JSON.stringify(record.result)).toBe(JSON.stringify(whole.result));
    }));

  it('change the final errors of a training, and nothing of the training itself', () =>
    inFolder(async store => {
      const result = async (statisticsBatches: number) => {
        const evaluation = { ...tinySpec.evaluation, statisticsBatches };
        return (await runHere(orderFor(store, identityOf({ ...tinySpec, evaluation }))))!.record.result;
      };
      const [running, average] = [await result(0), await result(3)];
      expect(average.measures.testLoss).not.toBe(running.measures.testLoss);
      expect(average.measures.trainError).toBe(running.measures.trainError);
      expect(average.curves.train).toEqual(running.curves.train);
      expect(average.digests.firstSteps).toBe(running.digests.firstSteps);
    }));
});
