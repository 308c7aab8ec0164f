import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleSpec } from './schedule.ts';
import { coldStart, isWarm, type WarmUpState, warmUp } from './warmup.ts';

const base = { iterations: 64_000, rate: 0.1, drops: [], divisor: 10 };
const schedule = { ...base, warmup: { rate: 0.01, untilTrainError: 0.8, window: 3 } } satisfies ScheduleSpec;

function after(errors: number[], state: WarmUpState = coldStart, first = 0): WarmUpState {
  return errors.reduce((s, error, i) => warmUp(schedule, s, first + i, error), state);
}

describe('warm-up', () => {
  it('lasts until the mean error of a full window is below the threshold', () => {
    expect(after([0.1, 0.1]).endedAt).toBeNull();
    expect(after([0.9, 0.8, 0.75]).endedAt).toBeNull();
    expect(after([0.9, 0.8, 0.75, 0.8]).endedAt).toBe(4);
  });

  it('needs an error below the threshold, not at it', () => {
    const half = { ...base, warmup: { rate: 0.01, untilTrainError: 0.5, window: 1 } };
    expect(warmUp(half, coldStart, 0, 0.5).endedAt).toBeNull();
    expect(warmUp(half, coldStart, 0, 0.25).endedAt).toBe(1);
  });

  it('stays over once it is', () => {
    const over = after([0.7, 0.7, 0.7]);
    expect(after([1, 1, 1, 1], over, 3)).toEqual(over);
    expect(isWarm(schedule, over)).toBe(true);
    expect(isWarm(schedule, coldStart)).toBe(false);
  });

  it('is no matter where the schedule has none', () => {
    const none: ScheduleSpec = { ...base, warmup: null };
    expect(isWarm(none, coldStart)).toBe(true);
    expect(warmUp(none, coldStart, 0, 0.1)).toEqual(coldStart);
  });

  it('goes on from a checkpoint as if nothing had happened', () => {
    const errors = fc.array(
      fc.integer({ min: 80, max: 128 }).map(k => k / 128),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(errors, errors, (before, later) => {
        const saved = JSON.parse(JSON.stringify(after(before))) as WarmUpState;
        expect(after(later, saved, before.length)).toEqual(after([...before, ...later]));
      }),
    );
  });
});
