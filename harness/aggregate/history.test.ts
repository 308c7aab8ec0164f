import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normals } from '../../ml/optim/random.ts';
import { changePoint } from './change-point.ts';
import {
  confirmation,
  evidence,
  fast,
  type History,
  newHistory,
  nightsPerFalseAlarm,
  type Surprise,
  slow,
  spreadOf,
  surprise,
  update,
} from './history.ts';
import { mean, standardDeviation } from './sample.ts';
import { studentTail } from './student.ts';

const nights = [8.71, 8.8, 8.66, 8.75, 8.9, 8.69, 8.77, 8.74];
const historyOf = (values: readonly number[]) => values.reduce(update, newHistory());
const values = fc.array(fc.double({ min: 5, max: 15, noNaN: true }), { minLength: 2, maxLength: 40 });

/** Normal numbers, the same for the same night. */
function drawn(night: number, count: number): Float32Array {
  const out = new Float32Array(count);
  normals({ seed: 9, purpose: 'chance', epoch: 0, index: night }, 1, out);
  return out;
}

describe('a history', () => {
  test('gives the known answers of SciPy 1.17', () => {
    let history = historyOf(nights);
    const first = surprise(history, 9.1)!;
    expect(first.t).toBeCloseTo(4.40344, 5);
    expect(first.p).toBeCloseTo(0.003144, 6);
    const known = [
      [9.1, 2.95332, 10.90937],
      [9.05, 1.61338, 36.94481],
      [9.2, 2.06247, 278.63965],
      [9.02, 0.83655, 225.65472],
      [9.15, 1.39695, 507.89367],
    ] as const;
    for (const [value, u, expected] of known) {
      expect(surprise(history, value)!.u).toBeCloseTo(u, 5);
      history = update(history, value);
      expect(evidence(history)).toBeCloseTo(expected, 5);
    }
  });

  test('says nothing of its first eight values', () => {
    expect(surprise(historyOf(nights.slice(0, 7)), 20)).toBeNull();
    expect(evidence(historyOf([...nights.slice(0, 7), 20]))).toBe(0);
    expect(surprise(historyOf(nights), 20)).not.toBeNull();
  });

  test('keeps mean and spread as if all values were there', () => {
    fc.assert(
      fc.property(values, all => {
        const { mean: centre, sd, n } = spreadOf(historyOf(all));
        expect(n).toBe(all.length);
        expect(centre).toBeCloseTo(mean(all), 10);
        expect(sd).toBeCloseTo(standardDeviation(all)!, 7);
      }),
    );
  });

  test('is the same after it was written and read', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 5, max: 15, noNaN: true }), (all, next) => {
        const read = JSON.parse(JSON.stringify(historyOf(all))) as History;
        expect(update(read, next)).toEqual(historyOf([...all, next]));
      }),
    );
  });

  test('sees a fall as it sees a rise', () => {
    const mirrored = historyOf([...nights, 9.1].map(value => -value));
    expect(mirrored.fell).toEqual(historyOf([...nights, 9.1]).rose);
    expect(surprise(historyOf(nights), 8.4)!.u).toBeLessThan(-2);
  });

  test('in which nothing has varied takes the same value for nothing and any other for the utmost', () => {
    const same = historyOf(Array(9).fill(8.7));
    expect(surprise(same, 8.7)).toEqual({ t: 0, p: 1, u: 0 });
    expect(surprise(same, 8.8)).toEqual({ t: Number.POSITIVE_INFINITY, p: 0, u: 3 });
  });

  test('takes no value that is not finite, and stays finite whatever comes', () => {
    expect(() => update(newHistory(), Number.NaN)).toThrow('a history takes finite values, not NaN');
    const shifted = Array.from({ length: 400 }, (_, i) => 100 * 2 ** (i / 8));
    expect(Number.isFinite(evidence(historyOf([...nights, ...shifted])))).toBe(true);
  });
});

describe('the slow channel', () => {
  test('raises at most the false alarms that it promises, over 100,000 nights of cells', () => {
    const cells = 200;
    const histories = Array.from({ length: cells }, newHistory);
    let alarms = 0;
    for (let night = 0; night < 500; night++) {
      drawn(night, cells).forEach((value, cell) => {
        const history = update(histories[cell]!, value);
        // As if every cell were the only one: the bound of one false alarm in 730 nights is then near enough to count.
        const alarm = slow(history, 1);
        if (alarm) alarms++;
        histories[cell] = alarm ? newHistory() : history;
      });
    }
    const expected = (500 * cells) / nightsPerFalseAlarm;
    expect(alarms).toBeGreaterThan(0);
    expect(alarms).toBeLessThanOrEqual(expected + 3 * Math.sqrt(expected));
  });

  test('sees a shift of two standard deviations within two weeks in three of four of 200 cells', () => {
    const cells = 200;
    let seen = 0;
    const histories = Array.from({ length: cells }, newHistory);
    for (let night = 0; night < 74; night++) {
      drawn(1000 + night, cells).forEach((value, cell) => {
        histories[cell] = update(histories[cell]!, value + (night < 60 ? 0 : 2));
      });
    }
    for (const history of histories) if (slow(history, cells)) seen++;
    expect(seen).toBeGreaterThan(0.75 * cells);
  });
});

describe('the fast channel', () => {
  const calm = surprise(historyOf(nights), 8.76)!;
  const wild = surprise(historyOf(nights), 9.6)!;

  test('names what stands out among all cells of the night', () => {
    const short: Surprise | null = null;
    expect(fast([calm, short, wild, calm])).toEqual([2]);
    expect(fast([calm, calm])).toEqual([]);
    expect(fast([])).toEqual([]);
  });

  test('asks more of one cell among many', () => {
    const some = surprise(historyOf(nights), 8.98)!;
    expect(some.p).toBeCloseTo(0.02356, 5);
    expect(fast([some, calm, calm])).toEqual([0]);
    expect(fast([some, ...Array(20).fill(calm)])).toEqual([]);
  });

  test('confirms a candidate by fresh seeds that lie off too, in its direction', () => {
    const history = historyOf(nights);
    const off = confirmation(history, wild, [9.3, 9.5, 9.4]);
    const pooled = (7 * standardDeviation(nights)! ** 2 + 2 * 0.1 ** 2) / 9;
    const t = (9.4 - mean(nights)) / Math.sqrt(pooled * (1 / 3 + 1 / 8));
    expect(off.p / studentTail(t, 9)).toBeCloseTo(1, 8);
    expect(off.confirmed).toBe(true);
    expect(confirmation(history, wild, [8.8, 8.7, 8.75]).confirmed).toBe(false);
    expect(confirmation(history, wild, [8.1, 8.0, 8.2]).p).toBeGreaterThan(0.999);
    expect(confirmation(history, { ...wild, t: -wild.t }, [8.1, 8.0, 8.2]).confirmed).toBe(true);
  });

  test('and confirmation together raise few false alarms: at most 5 in a year over 200 cells', () => {
    const cells = 200;
    let histories = Array.from({ length: cells }, newHistory);
    let alarms = 0;
    for (let night = 0; night < 365; night++) {
      const tonight = drawn(5000 + night, cells);
      const found = histories.map((history, cell) => surprise(history, tonight[cell]!));
      for (const cell of fast(found)) {
        const fresh = [...drawn(100_000 + night * cells + cell, 3)];
        if (confirmation(histories[cell]!, found[cell]!, fresh).confirmed) alarms++;
      }
      histories = histories.map((history, cell) => update(history, tonight[cell]!));
    }
    expect(alarms).toBeLessThanOrEqual(5);
  });
});

describe('the change point', () => {
  test('of a clear step is where it is', () => {
    const found = changePoint([...nights, 9.3, 9.35, 9.2, 9.41, 9.3])!;
    expect(found).toMatchObject({ at: 8, from: 8, to: 8 });
    expect(found.before).toBeCloseTo(8.7525, 10);
    expect(found.after).toBeCloseTo(9.312, 10);
    expect(changePoint([1, 1, 1, 2, 2])).toEqual({ at: 3, from: 3, to: 3, before: 1, after: 2 });
  });

  test('lies in its interval in at least 90% of cases, and near it', () => {
    for (const shift of [1, 2, 4]) {
      let held = 0;
      let width = 0;
      for (let i = 0; i < 500; i++) {
        const series = [...drawn(200_000 + i, 50)].map((value, night) => value + (night < 30 ? 0 : shift));
        const { from, to } = changePoint(series)!;
        if (from <= 30 && 30 <= to) held++;
        width += (to - from + 1) / 500;
      }
      expect(held / 500).toBeGreaterThan(0.9);
      expect(width).toBeLessThan({ 1: 30, 2: 8, 4: 2 }[shift]!);
    }
  });

  test('is none where nothing varies or little is known', () => {
    expect(changePoint([1, 1, 1, 1, 1])).toBeNull();
    expect(changePoint([1, 2, 3])).toBeNull();
  });

  test('does not depend on the origin or the scale of the values', () => {
    const series = [...drawn(7, 40)];
    const { at, from, to } = changePoint(series)!;
    expect(changePoint(series.map(value => 50 + 4 * value))).toMatchObject({ at, from, to });
  });
});
