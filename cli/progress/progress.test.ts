import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionEvent } from '../../harness/execute/types.ts';
import { loadTargets } from '../../harness/manifest/load.ts';
import { makePlan } from '../../harness/plan/plan.ts';
import type { PlannedJob } from '../../harness/plan/types.ts';
import { Estimate } from './estimate.ts';
import { Lines } from './lines.ts';

let runs: PlannedJob[];
beforeAll(async () => {
  const targets = await loadTargets(['table6'], 'mini');
  const rows = ['ResNet-20', 'ResNet-32', 'ResNet-44'];
  const plan = await makePlan({
    targets,
    rows,
    backend: { id: 'reference', numerics: 1 },
    data: new Map([['cifar10', { digest: 'none' }]]),
    store: '/nowhere',
  });
  runs = plan.jobs.map((run, i) => ({
    ...run,
    cost: { ...run.cost, seconds: 300 - 100 * i, finalSeconds: 0, basis: 'estimated', memoryMiB: 1 },
  }));
});

function progress(key: string, done: number, total = 800, final = 0): ExecutionEvent {
  const latest = [{ name: 'training error', value: 61.2, unit: '%' }];
  return { key, type: 'progress', done, total, final, latest, unitSeconds: 0.027 };
}

describe('Estimate', () => {
  it('deals what remains out to the workers, at the speed measured so far', () => {
    let now = 0;
    const estimate = new Estimate(runs, 2, () => now);
    const [a, b] = runs as [PlannedJob, PlannedJob];
    estimate.follow({ key: a.key, type: 'started', done: 0, total: 800 });
    estimate.follow({ key: b.key, type: 'started', done: 0, total: 800 });
    now = 60;
    // 300 and 200 planned seconds, both at 40 % of the planned time: scale 0.4, and 100 planned seconds in the queue.
    estimate.follow(progress(a.key, 400));
    estimate.follow(progress(b.key, 600));
    expect(estimate.secondsOf(estimate.follow(progress(a.key, 400)))).toBe(60);
    expect(estimate.seconds).toBeCloseTo(Math.max(60, 20 + 40), 6);
    expect(estimate.counts).toEqual({ finished: 0, all: 3 });
  });

  it('counts a resumed run from where it was taken up', () => {
    let now = 0;
    const estimate = new Estimate(runs.slice(0, 1), 1, () => now);
    const { key } = runs[0]!;
    estimate.follow({ key, type: 'started', done: 600, total: 800 });
    now = 10;
    expect(estimate.secondsOf(estimate.follow(progress(key, 700)))).toBe(10);
  });

  it('counts what comes after the last iteration', () => {
    let now = 0;
    const [first] = runs as [PlannedJob];
    const run = { ...first, cost: { ...first.cost, seconds: 300, finalSeconds: 100 } };
    const estimate = new Estimate([run], 1, () => now);
    const { key } = run;
    estimate.follow({ key, type: 'started', done: 0, total: 800 });
    now = 400; // half as fast as planned
    expect(estimate.secondsOf(estimate.follow(progress(key, 800)))).toBeCloseTo(200, 6);
    now = 500;
    expect(estimate.secondsOf(estimate.follow(progress(key, 800, 800, 0.5)))).toBeCloseTo(100, 6);
  });

  it('is never negative or NaN, whatever happens in whatever order', () => {
    const event = fc.record({
      run: fc.nat({ max: 2 }),
      type: fc.constantFrom('started', 'progress', 'died', 'failed'),
      done: fc.nat({ max: 800 }),
      later: fc.nat({ max: 100 }),
      retry: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (events, jobs) => {
        let now = 0;
        const estimate = new Estimate(runs, jobs, () => now);
        for (const { run, type, done, later, retry } of events) {
          now += later;
          const { key } = runs[run]!;
          if (type === 'started') estimate.follow({ key, type, done, total: 800 });
          if (type === 'progress') estimate.follow(progress(key, done));
          if (type === 'died') estimate.follow({ key, type, message: 'killed', lastLines: [], retry });
          if (type === 'failed') estimate.follow({ key, type, message: 'failed', exitCode: 4 });
          expect(estimate.seconds).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(estimate.seconds)).toBe(true);
        }
      }),
    );
  });
});

describe('Lines', () => {
  it('prints every event, but progress of a run only every ten seconds', () => {
    let now = 0;
    const lines: string[] = [];
    const clock = () => now;
    const display = new Lines(new Estimate(runs, 2, clock), line => lines.push(line), clock);
    const [{ key }] = runs as [PlannedJob];
    display.show({ key, type: 'started', done: 0, total: 800 });
    for (now = 1; now <= 21; now++) display.show(progress(key, now));
    display.show({ key, type: 'checkpointed', done: 21 });
    display.show({
      key,
      type: 'died',
      message: 'the worker was killed',
      lastLines: ['out of memory'],
      retry: true,
    });
    expect(lines).toEqual([
      'ResNet-44, seed 1: started, 800 iterations',
      expect.stringMatching(
        /^ResNet-44, seed 1: 10\/800, training error 61\.2 %, 27\.0 ms\/step; 0 of 3 runs finished, about \d+ min left$/,
      ),
      expect.stringContaining('20/800'),
      'ResNet-44, seed 1: the worker was killed; restarting from its checkpoint',
      '    out of memory',
    ]);
  });
});
