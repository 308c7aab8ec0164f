import { describe, expect, it } from 'vitest';
import { normals } from '../../ml/optim/random.ts';
import { confirmed, confirmingSeeds, firstLook, firstLookAt, referenceSeeds, type Sides } from './moved.ts';
import type { SeedResult } from './types.ts';

/** Results of seeds whose test errors are normal about a mean, SD 0.3. */
function results(seeds: readonly number[], mean: number, series: number): SeedResult[] {
  const values = new Float32Array(seeds.length);
  normals({ seed: series, purpose: 'chance', epoch: 0, index: seeds[0]! }, 0.3, values);
  return seeds.map((seed, i) => ({
    ...{ seed, key: '', digests: {} },
    measures: { testError: mean + values[i]! },
  }));
}

const references = Array.from({ length: referenceSeeds }, (_, i) => i + 21);

function looked(networks: number, shiftOf: (network: number) => number, series: number) {
  const sides = Array.from({ length: networks }, (_, i): Sides => {
    const at = series * 1000 + i;
    return {
      ...{ network: `net-${i}`, task: 'classification', targets: [] },
      before: results(references, 8, at),
      now: results(firstLook, 8 + shiftOf(i), at),
    };
  });
  const cells = firstLookAt(sides);
  const more = new Map(
    sides.map((side, i) => [side.network, results(confirmingSeeds, 8 + shiftOf(i), series * 1000 + i)]),
  );
  return confirmed(cells, more);
}

describe('results whose bits changed', () => {
  it('have not moved while their distribution is the same: a handful in 100 changes of 100 cells', () => {
    let alarms = 0;
    for (let change = 1; change <= 100; change++)
      if (looked(100, () => 0, change).some(({ verdict }) => verdict === 'moved')) alarms++;
    expect(alarms).toBeLessThanOrEqual(8); // 0.03 a change
  });

  it('have moved by a point at SD 0.3, though one of twenty does', () => {
    let seen = 0;
    for (let change = 1; change <= 40; change++)
      if (looked(20, i => (i === 7 ? 1 : 0), change)[7]!.verdict === 'moved') seen++;
    expect(seen).toBeGreaterThanOrEqual(38); // 99%
  });

  it('are not judged with fewer than three seeds on a side', () => {
    const [cell] = firstLookAt([
      {
        ...{ network: 'a', task: 'classification', targets: [] },
        before: results([1, 2], 8, 1),
        now: results(firstLook, 9, 1),
      },
    ]);
    expect(cell).toMatchObject({ verdict: 'too few seeds', q: null, interval: null });
  });

  it('that never vary differ for certain, or not at all', () => {
    const exact = (mean: number) => (seed: number) => ({
      ...{ seed, key: '', digests: {} },
      measures: { testError: mean },
    });
    const look = (mean: number) =>
      firstLookAt([
        {
          ...{ network: 'a', task: 'classification', targets: [] },
          before: references.map(exact(8)),
          now: firstLook.map(exact(mean)),
        },
      ])[0]!;
    expect(look(8)).toMatchObject({ q: 1, verdict: 'not moved' });
    expect(look(8.01)).toMatchObject({ q: 0, verdict: 'not confirmed' });
  });
});
