import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionEvent } from '../../harness/execute/types.ts';
import { loadTargets } from '../../harness/manifest/load.ts';
import { makePlan } from '../../harness/plan/plan.ts';
import type { PlannedJob } from '../../harness/plan/types.ts';
import { displayWidth } from '../../paper-tables/text.ts';
import { Estimate } from './estimate.ts';
import { frame, lastFrame, type Screen } from './frame.ts';
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
    expect(estimate.counts).toEqual({ finished: 0, failed: 0, all: 3 });
    expect(estimate.share).toBeCloseTo((300 * 0.5 + 200 * 0.75) / 600, 6);
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
});

/** Something that may happen to one of the runs, and what time passes before it. */
const anEvent = fc.record({
  run: fc.nat({ max: 2 }),
  type: fc.constantFrom('started', 'progress', 'checkpointed', 'waiting', 'died', 'failed'),
  done: fc.nat({ max: 800 }),
  later: fc.nat({ max: 100 }),
  retry: fc.boolean(),
});

function happens(
  estimate: Estimate,
  { run, type, done, retry }: typeof anEvent extends fc.Arbitrary<infer T> ? T : never,
) {
  const { key } = runs[run]!;
  if (type === 'started') estimate.follow({ key, type, done, total: 800 });
  if (type === 'progress') estimate.follow(progress(key, done));
  if (type === 'checkpointed') estimate.follow({ key, type, done });
  if (type === 'waiting')
    estimate.follow({
      key,
      type,
      forProcess: 4711,
      host: 'elsewhere',
      file: '/store/lock',
      takenOverIn: 500,
    });
  if (type === 'died') estimate.follow({ key, type, message: 'killed', lastLines: ['out of memory'], retry });
  if (type === 'failed') estimate.follow({ key, type, message: 'failed', exitCode: 4 });
}

describe('what is left', () => {
  it('is never negative or NaN, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (events, jobs) => {
        let now = 0;
        const estimate = new Estimate(runs, jobs, () => now);
        for (const event of events) {
          now += event.later;
          happens(estimate, event);
          expect(estimate.seconds).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(estimate.seconds)).toBe(true);
        }
      }),
    );
  });

  it('is nothing that runs, once it has ended', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 30 }), events => {
        const estimate = new Estimate(runs, 2, () => 0);
        for (const event of events) happens(estimate, event);
        estimate.end();
        for (const { state, checkpoint } of estimate.runs) {
          expect(['not started', 'stopped', 'failed']).toContain(state);
          if (state === 'stopped') expect(checkpoint).not.toBeNull();
        }
      }),
    );
  });
});

const screen: Screen = { width: 80, height: 24, colour: false, tick: 0, stopping: false };

describe('the live display', () => {
  it('shows of a run a bar, the time left, the share, what was measured, the count', () => {
    let now = 0;
    const estimate = new Estimate(runs, 2, () => now);
    const [{ key }] = runs as [PlannedJob];
    estimate.follow({ key, type: 'started', done: 0, total: 800 });
    now = 60;
    estimate.follow(progress(key, 200));
    expect(frame(estimate, screen)).toEqual([
      '⠋ ResNet-44, seed 1  ███░░░░░░░░░  3 min left   25%  training error 61.2%',
      '· ResNet-32, seed 1  not started',
      '· ResNet-20, seed 1  not started',
      'about 4 min left  █▌░░░░░░░░░░   12%  0 of 3 finished',
    ]);
    expect(frame(estimate, { ...screen, width: 60 })[0]).toBe(
      '⠋ ResNet-44 s1  ██░░░░░░  3 min   25%  training error 61.2%',
    );
    expect(frame(estimate, { ...screen, width: 40 })[0]).toBe('⠋ ResNet-44 s1  ██░░░░░░  3 min   25%');
    expect(frame(estimate, { ...screen, width: 110 })[0]).toContain('training error 61.2%  200/800');
    expect(frame(estimate, { ...screen, tick: 1 })[0]).toMatch(/^⠙/);
  });

  it('lets nothing look finished that was stopped', () => {
    const estimate = new Estimate(runs, 2, () => 0);
    const [a, b] = runs as [PlannedJob, PlannedJob];
    for (const [{ key }, done] of [
      [a, 95],
      [b, 148],
    ] as const) {
      estimate.follow({ key, type: 'started', done: 0, total: 800 });
      estimate.follow(progress(key, done));
      estimate.follow({ key, type: 'checkpointed', done });
    }
    expect(frame(estimate, { ...screen, stopping: true }).at(-1)).toMatch(/^Stopping every run/);
    estimate.end();
    expect(lastFrame(estimate, screen, true)).toEqual([
      '■ ResNet-44, seed 1  stopped at 95/800',
      '■ ResNet-32, seed 1  stopped at 148/800',
      '· ResNet-20, seed 1  not started',
      '■ stopped: 0 of 3 finished; checkpoints at 95 and 148 of 800',
    ]);
  });

  it('says what failed, and why', () => {
    const estimate = new Estimate(runs.slice(0, 2), 2, () => 0);
    const [a, b] = runs as [PlannedJob, PlannedJob];
    estimate.follow({ key: a.key, type: 'failed', message: 'the loss of iteration 7 is NaN', exitCode: 4 });
    estimate.follow({ key: b.key, type: 'started', done: 0, total: 800 });
    estimate.end();
    expect(lastFrame(estimate, screen, false)).toEqual([
      '✕ ResNet-44, seed 1  failed',
      '    the loss of iteration 7 is NaN',
      '· ResNet-32, seed 1  not started',
      '✕ 1 of 2 failed; 0 of 2 finished',
    ]);
  });

  it('shows those that run where there is no room for all', () => {
    const estimate = new Estimate(runs, 2, () => 0);
    estimate.follow({ key: runs[2]!.key, type: 'started', done: 0, total: 800 });
    const lines = frame(estimate, { ...screen, height: 4 });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^⠋ ResNet-20, seed 1 /);
    expect(lines[1]).toBe('and 2 not started');
  });

  it('is neither wider nor higher than the screen, whatever happens', () => {
    const size = fc.record({
      width: fc.integer({ min: 40, max: 200 }),
      height: fc.integer({ min: 5, max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.array(anEvent, { maxLength: 20 }),
        size,
        fc.boolean(),
        (events, { width, height }, stopping) => {
          let now = 0;
          const estimate = new Estimate(runs, 2, () => now);
          for (const event of events) {
            now += event.later;
            happens(estimate, event);
          }
          const lines = frame(estimate, { ...screen, width, height, stopping });
          expect(lines.filter(line => displayWidth(line) > width)).toEqual([]);
          expect(lines.length).toBeLessThan(height);
          estimate.end();
          const last = lastFrame(estimate, { width, colour: false }, true);
          expect(last.filter(line => displayWidth(line) > width)).toEqual([]);
        },
      ),
    );
  });
});

describe('Lines', () => {
  it('prints every event, but progress of a run only every ten seconds', () => {
    let now = 0;
    const lines: string[] = [];
    const clock = () => now;
    const display = new Lines(new Estimate(runs, 2, clock), line => lines.push(line), { width: 110 }, clock);
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
    display.stopping();
    display.close(true);
    expect(lines).toEqual([
      'ResNet-44, seed 1: started, 800 iterations',
      expect.stringMatching(
        /^ResNet-44, seed 1: 13 min left, 1%, training error 61\.2%, 10\/800; 0 of 3 finished, about \d+ min left$/,
      ),
      expect.stringContaining('20/800'),
      'ResNet-44, seed 1: the worker was killed; restarting from its checkpoint',
      '    out of memory',
      'Stopping every run at a checkpoint; interrupt again to quit at once.',
      'ResNet-44, seed 1: stopped at 21/800',
      'stopped: 0 of 3 finished; checkpoint at 21 of 800',
    ]);
  });
});
