import { describe, expect, it } from 'vitest';
import { firstDeparture, judgeStatistics, judgeSteps, largest, placesOf, type Sensitive } from './judge.ts';

/** An engine whose losses are 2, off by so much at each step, and move by so much. */
function engine(backend: string, off: readonly number[], gaps: readonly number[]): Sensitive {
  const losses = off.map(each => 2 + each);
  const moved = { losses: losses.map((loss, i) => loss + gaps[i]!), statistics: Float32Array.of(3.5, 0) };
  return { backend, losses, statistics: Float32Array.of(3, 0), moved: [moved] };
}

const four = [2, 2, 2, 2];
const reference = { losses: [2, 2], statistics: Float32Array.of(4, 0) };
const nowhere = { deviation: 0, gap: 1, ratio: 0 };

describe('the verdict on losses', () => {
  const a = engine('a', [0.01, 0.02, 0.03, 0.04], [0.01, 0.005, 0.02, 0.02]);

  it('is a ratio to the gap so far: against float64, then against the first engine', () => {
    const b = engine('b', [0, 0.5, 0.07, 3], [0.001, 0.001, 0.001, 0.1]);
    const steps = judgeSteps(b, reference, a).map(each => each!);
    expect(steps.map(({ against }) => against)).toEqual(['float64', 'float64', 'a', 'a']);
    expect(steps.map(({ deviation }) => deviation.toFixed(6))).toEqual([
      '0.000000',
      '0.500000',
      '0.040000',
      '2.960000',
    ]);
    expect(steps.map(({ gap }) => gap.toFixed(6))).toEqual(['0.001000', '0.001000', '0.020000', '0.100000']);
    expect(firstDeparture(placesOf(steps, nowhere, 2))).toMatchObject({ step: 2, in: 'loss' });
  });

  it('says nothing of the first engine where float64 has ended', () => {
    const steps = judgeSteps(a, reference, a);
    expect(steps.map(each => each?.against)).toEqual(['float64', 'float64', undefined, undefined]);
    // The gap of a step is what the losses have moved by at most up to then.
    expect(steps.map(each => each?.ratio.toFixed(3))).toEqual(['1.000', '2.000', undefined, undefined]);
    expect(firstDeparture(placesOf(steps, nowhere, 2))).toBeNull();
    expect(largest(placesOf(steps, nowhere, 2))).toMatchObject({ step: 2, in: 'loss' });
  });

  it('allows what float32 cannot resolve, where nothing moves', () => {
    const still = engine('still', [2e-6, 1e-5], [0, 0]);
    const steps = judgeSteps(still, reference, still).map(each => each!);
    expect(steps.map(({ gap }) => gap)).toEqual([2 ** -22, 2 ** -22]);
    expect(steps.map(({ ratio }) => ratio > 10)).toEqual([false, true]);
  });

  it('is a departure where a loss is no number, and a moved loss that is none says nothing', () => {
    const lost = engine('lost', [0, Number.NaN, 0, 0], [0.1, 0.1, Number.NaN, Number.NaN]);
    const steps = judgeSteps(lost, { losses: four }, lost);
    expect(firstDeparture(placesOf(steps, nowhere, 4))).toMatchObject({ step: 2, ratio: Number.NaN });
    expect(steps[3]!.gap).toBeCloseTo(0.1);
    expect(largest(placesOf(steps, nowhere, 4))).toMatchObject({ step: 2 });
  });
});

describe('the verdict on running statistics', () => {
  it('is relative to their size, and comes at the last step in float64', () => {
    const own = engine('a', [0, 0, 0], [1, 1, 1]);
    expect(judgeStatistics(own, reference)).toEqual({ deviation: 0.25, gap: 0.125, ratio: 2 });
    const wrong = { deviation: 1, gap: 0.01, ratio: 100 };
    const places = placesOf(judgeSteps(own, reference, own), wrong, 2);
    expect(firstDeparture(places)).toEqual({ step: 2, in: 'statistics', ratio: 100 });
  });
});
