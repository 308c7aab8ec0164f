import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../record/types.ts';
import { tinySpec } from './jobs.fixture.ts';
import { TrainingLog } from './log.ts';

const spec = {
  ...tinySpec,
  optimiser: { ...tinySpec.optimiser, batch: 10 },
  schedule: {
    iterations: 40,
    rate: 1,
    drops: [30],
    divisor: 10,
    warmup: { rate: 0.1, untilTrainError: 0.8, window: 2 },
  },
  evaluation: { ...tinySpec.evaluation, trainErrorEvery: 15, testErrorEvery: 20 },
};

/** The arithmetic of classifiers, with batches of 10. */
const work = {
  errorOf: ({ wrong }: { wrong?: number }) => wrong! / 10,
  means: ({ wrong, loss }: { wrong?: number; loss?: number }, iterations: number) => ({
    error: (100 * wrong!) / (10 * iterations),
    loss: loss! / iterations,
  }),
};

/** Trains on paper: iteration i has i % 10 wrong images and loss i. */
function steps(log: TrainingLog, until: number): JobEvent[] {
  const events: JobEvent[] = [];
  while (log.iteration < until) {
    if (log.testDue) events.push(log.tested({ error: 50, loss: 1 }));
    events.push(...log.stepped({ wrong: log.iteration % 10, loss: log.iteration }));
  }
  return events;
}

describe('TrainingLog', () => {
  it('takes points of the training curve as means since the last one, and one at the end', () => {
    const log = new TrainingLog(spec, work);
    steps(log, 40);
    expect(log.curves.train).toEqual([
      { at: 15, error: (100 * (45 + 10)) / 150, loss: 7 },
      { at: 30, error: (100 * (35 + 45)) / 150, loss: 22 },
      { at: 40, error: 45, loss: 34.5 },
    ]);
  });

  it('has points of the test curve due after so many iterations, not at the start and not at the end', () => {
    const log = new TrainingLog(spec, work);
    expect(log.testDue).toBe(false);
    steps(log, 40);
    expect(log.curves.test.map(point => point.at)).toEqual([20]);
    expect(log.testDue).toBe(false);
  });

  it('tells every point as an event, those of the training with the learning rate', () => {
    const events = steps(new TrainingLog(spec, work), 40);
    expect(events.map(event => (event.type === 'point' ? event.curve : event.type))).toEqual([
      'warmupEnded',
      'train',
      'test',
      'train',
      'train',
    ]);
    expect(events.map(event => 'learningRate' in event && event.learningRate)).toEqual([
      false,
      1,
      false,
      1,
      0.1,
    ]);
    expect(events[2]).toEqual({ type: 'point', curve: 'test', point: { at: 20, error: 50, loss: 1 } });
  });

  it('takes the final training error over the last twentieth', () => {
    const log = new TrainingLog(spec, work);
    steps(log, 40);
    expect(log.tail).toEqual({ error: 85, loss: 38.5 });
  });

  it('warms up until the error is below the threshold, then follows the schedule', () => {
    const log = new TrainingLog({ ...spec, schedule: { ...spec.schedule, drops: [3] } }, work);
    const rates = [9, 9, 6, 6].map(wrong => {
      const rate = log.learningRate;
      log.stepped({ wrong, loss: 1 });
      return rate;
    });
    expect(rates).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect(log.learningRate).toBe(1 / 10);
    expect(log.warmupEnded).toBe(3);
  });

  it('shows people who watch the last points, and what the first one has so far', () => {
    const log = new TrainingLog(spec, work);
    expect([log.latest('train'), log.latest('test')]).toEqual([null, null]);
    steps(log, 3);
    expect([log.latest('train'), log.latest('test')]).toEqual([{ error: 10, loss: 1 }, null]);
    steps(log, 35);
    expect(log.latest('train')).toEqual(log.curves.train.at(-1));
    expect(log.latest('test')).toEqual({ at: 20, error: 50, loss: 1 });
  });

  it('resumed at any iteration, it comes to exactly the same', () => {
    const whole = new TrainingLog(spec, work);
    steps(whole, 40);
    const outcome = ({ tail, warmupEnded, curves }: TrainingLog) => ({ tail, warmupEnded, curves });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), at => {
        const first = new TrainingLog(spec, work);
        const events = steps(first, at);
        const saved = JSON.parse(JSON.stringify({ progress: first.save(), events }));
        const resumed = TrainingLog.resume(spec, work, at, saved.progress, saved.events);
        expect(resumed.save()).toEqual(first.save());
        steps(resumed, 40);
        expect(outcome(resumed)).toEqual(outcome(whole));
      }),
    );
  });
});
