import { describe, expect, it } from 'vitest';
import { learningRate, type ScheduleSpec } from './schedule.ts';

/** Sec. 4.2: "0.1, divide it by 10 at 32k and 48k iterations, and terminate training at 64k iterations". */
const paper: ScheduleSpec = {
  iterations: 64_000,
  rate: 0.1,
  drops: [32_000, 48_000],
  divisor: 10,
  warmup: null,
};
const warmed: ScheduleSpec = { ...paper, warmup: { rate: 0.01, untilTrainError: 0.8, window: 100 } };

describe('learningRate', () => {
  it('drops at the iteration that is named, not after it', () => {
    const rates = [0, 31_999, 32_000, 47_999, 48_000, 63_999].map(i => learningRate(paper, i, true));
    expect(rates).toEqual([0.1, 0.1, 0.1 / 10, 0.1 / 10, 0.1 / 100, 0.1 / 100]);
  });

  it('is that of the warm-up until it is over', () => {
    expect(learningRate(warmed, 399, false)).toBe(0.01);
    expect(learningRate(warmed, 400, true)).toBe(0.1);
  });

  it('knows no warm-up where the schedule has none', () => {
    expect(learningRate(paper, 0, false)).toBe(0.1);
  });
});
