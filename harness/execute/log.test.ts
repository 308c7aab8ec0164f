import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunSpec } from '../manifest/types.ts';
import type { RunEvent } from '../record/types.ts';
import { tinySpec } from './fixtures.ts';
import { Progress } from './progress.ts';

const spec: RunSpec = {
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

/** Trains on paper: iteration i has i % 10 wrong images and loss i. */
function steps(progress: Progress, until: number): RunEvent[] {
  const events: RunEvent[] = [];
  while (progress.iteration < until) {
    if (progress.testDue) events.push(progress.tested(50, 1));
    events.push(...progress.stepped(progress.iteration, progress.iteration % 10, progress.rate));
  }
  return events;
}

describe('Progress', () => {
  it('takes points of the training curve as means since the last one, and one at the end', () => {
    const progress = new Progress(spec);
    steps(progress, 40);
    expect(progress.curve.train).toEqual([
      { iteration: 15, error: (100 * (45 + 10)) / 150, loss: 7 },
      { iteration: 30, error: (100 * (35 + 45)) / 150, loss: 22 },
      { iteration: 40, error: 45, loss: 34.5 },
    ]);
  });

  it('has points of the test curve due after so many iterations, not at the start and not at the end', () => {
    const progress = new Progress(spec);
    expect(progress.testDue).toBe(false);
    steps(progress, 40);
    expect(progress.curve.test.map(point => point.iteration)).toEqual([20]);
    expect(progress.testDue).toBe(false);
  });

  it('takes the final training error over the last twentieth', () => {
    const progress = new Progress(spec);
    steps(progress, 40);
    expect(progress.outcome()).toMatchObject({ trainError: 85, trainLoss: 38.5 });
  });

  it('warms up until the error is below the threshold, then follows the schedule', () => {
    const progress = new Progress({ ...spec, schedule: { ...spec.schedule, drops: [3] } });
    const rates = [9, 9, 6, 6].map(errors => {
      const rate = progress.rate;
      progress.stepped(1, errors, rate);
      return rate;
    });
    expect(rates).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect(progress.rate).toBe(1 / 10);
    expect(progress.outcome().warmupEnded).toBe(3);
  });

  it('resumed at any iteration, it comes to exactly the same', () => {
    const whole = new Progress(spec);
    steps(whole, 40);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), at => {
        const first = new Progress(spec);
        const events = steps(first, at);
        const saved = JSON.parse(JSON.stringify({ progress: first.save(), events }));
        const resumed = Progress.resume(spec, at, saved.progress, saved.events);
        expect(resumed.save()).toEqual(first.save());
        steps(resumed, 40);
        expect(resumed.outcome()).toEqual(whole.outcome());
      }),
    );
  });
});
