import { describe, expect, it } from 'vitest';
import { normals } from '../../ml/optim/random.ts';
import { alarmsOf, candidates, everyCell, type Night, replay } from './nights.ts';

const cells = ['plain-20 testError', 'plain-20 trainError', 'ResNet-20 testError', 'ResNet-20 trainError'];

/** Nights of normal values about 50, SD 1; from `at` on one cell, or all of them, is shifted. */
function nights(count: number, seed: number, shift = { at: Infinity, by: 0, of: cells }): Night[] {
  const values = new Float32Array(count * cells.length);
  normals({ seed, purpose: 'chance', epoch: 0, index: 0 }, 1, values);
  return Array.from({ length: count }, (_, i) => ({
    ...{ night: i + 1, seed: 1001 + i, at: '2026-01-01T00:00:00Z', engine: 'x', further: {}, again: null },
    commit: `${i + 1}`.padStart(8, '0'),
    values: Object.fromEntries(
      cells.map((cell, j) => {
        const moved = i + 1 >= shift.at && shift.of.includes(cell) ? shift.by : 0;
        return [cell, 50 + values[i * cells.length + j]! + moved];
      }),
    ),
  }));
}

describe('nights of fresh seeds', () => {
  it('raise no alarm while nothing changes: 30 series of 30 nights', () => {
    for (let seed = 1; seed <= 30; seed++) expect(alarmsOf(nights(30, seed)), `seed ${seed}`).toEqual([]);
  });

  it('are too few to judge by before the ninth', () => {
    expect(replay(nights(8, 1)).short).toEqual(cells);
    expect(replay(nights(9, 1)).short).toEqual([]);
  });

  it('find a small shift that lasts, and where it began', () => {
    const series = nights(60, 1, { at: 31, by: 2, of: [cells[2]!] });
    const [alarm, ...others] = alarmsOf(series);
    expect(others.filter(({ cell }) => cell !== everyCell)).toEqual([]);
    expect(alarm).toMatchObject({ cell: cells[2], channel: 'slow', isMachine: false, p: null });
    expect(alarm!.evidence).toBeGreaterThan(alarm!.threshold);
    expect(alarm!.between!.from).toBeLessThanOrEqual(31);
    expect(alarm!.between!.to).toBeGreaterThanOrEqual(31);
    const { before, after } = alarm!.between!;
    expect(Math.abs(after - before - 2)).toBeLessThan(1);
  });

  it('find by all cells together what each shows too little of', () => {
    const series = nights(80, 2, { at: 41, by: 1, of: cells });
    expect(alarmsOf(series).some(({ cell }) => cell === everyCell)).toBe(true);
  });

  it('name a large shift at once, and alarm when further seeds confirm it', () => {
    const series = nights(20, 3, { at: 20, by: 8, of: [cells[0]!] });
    const [last] = series.slice(-1);
    const before = replay(series.slice(0, -1));
    expect(candidates(before, last!.values)).toEqual([cells[0]]);
    const withFurther = (...further: number[]) =>
      replay([...series.slice(0, -1), { ...last!, further: { [cells[0]!]: further } }]);
    expect(withFurther(58, 57.5, 58.5).alarms).toMatchObject([
      { cell: cells[0], channel: 'fast', night: 20 },
    ]);
    expect(withFurther(50, 49.5, 50.5)).toMatchObject({ alarms: [], unconfirmed: [cells[0]] });
  });

  it('tell a changed machine by the code of the night before', () => {
    const series = nights(20, 3, { at: 20, by: 8, of: [cells[0]!] });
    const [last] = series.slice(-1);
    const judged = (...again: number[]) =>
      replay([
        ...series.slice(0, -1),
        {
          ...last!,
          further: { [cells[0]!]: [58, 57.5, 58.5] },
          again: { commit: '00000019', values: { [cells[0]!]: again } },
        },
      ]).alarms[0]!.isMachine;
    expect(judged(58.1, 58, 57.5, 58.5)).toBe(true);
    expect(judged(50.2, 50, 49.5, 50.5)).toBe(false);
  });

  it('start anew after an alarm', () => {
    const series = nights(60, 4, { at: 31, by: 4, of: [cells[1]!] });
    expect(alarmsOf(series).filter(({ cell }) => cell === cells[1])).toHaveLength(1);
  });
});
