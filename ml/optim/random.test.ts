import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox.ts';
import { integerBelow, maxSeed, normals, permutation, purposes, randomWords, type Stream } from './random.ts';

const stream: Stream = { seed: 1, purpose: 'order', epoch: 2, index: 3 };
const words = (of: Stream, count: number) => {
  const out = new Uint32Array(count);
  randomWords(of, out);
  return out;
};
const uint32 = fc.integer({ min: 0, max: maxSeed });

describe('random words', () => {
  it('are Philox blocks with counter (block, index, epoch, 0) and key (seed, purpose)', () => {
    const expected = new Uint32Array(8);
    philox4x32(0, 3, 2, 0, 1, purposes.order, expected, 0);
    philox4x32(1, 3, 2, 0, 1, purposes.order, expected, 4);
    expect(words(stream, 8)).toEqual(expected);
  });

  it('do not depend on how many are drawn', () => {
    fc.assert(
      fc.property(uint32, fc.integer({ min: 0, max: 50 }), (seed, count) => {
        expect(words({ ...stream, seed }, count)).toEqual(words({ ...stream, seed }, 64).subarray(0, count));
      }),
    );
  });

  it('differ in every part of a stream', () => {
    const others: Stream[] = [
      stream,
      { ...stream, seed: 2 },
      { ...stream, seed: maxSeed },
      { ...stream, purpose: 'augmentation' },
      { ...stream, epoch: 3 },
      { ...stream, index: 2 },
    ];
    expect(new Set(others.map(other => words(other, 4).join())).size).toBe(others.length);
  });

  it('refuse a seed that is not an integer of 32 bits', () => {
    for (const seed of [-1, 2 ** 32, 1.5, Number.NaN]) {
      expect(() => words({ ...stream, seed }, 4)).toThrow(
        `seed ${seed} is not an integer from 0 to 4294967295`,
      );
    }
  });

  it('keep the meaning of each purpose', () => {
    expect(purposes).toEqual({
      initialisation: 1,
      order: 2,
      augmentation: 3,
      colour: 4,
      chance: 5,
      canvas: 6,
      sampling: 7,
      dropout: 8,
    });
  });
});

describe('integerBelow', () => {
  it('is the upper half of the 64-bit product', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 21 }), uint32, (bound, word) => {
        expect(integerBelow(bound, word)).toBe(Number((BigInt(bound) * BigInt(word)) >> 32n));
      }),
    );
  });

  it('takes every value about equally often', () => {
    const counts = new Array<number>(9).fill(0);
    for (const word of words(stream, 90_000)) counts[integerBelow(9, word)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
  });
});

describe('permutation', () => {
  it('holds every number once, whatever the stream', () => {
    fc.assert(
      fc.property(uint32, uint32, fc.integer({ min: 0, max: 300 }), (seed, epoch, count) => {
        const order = new Uint32Array(count);
        permutation({ seed, purpose: 'order', epoch, index: 0 }, order);
        expect([...order].sort((a, b) => a - b)).toEqual([...new Array(count).keys()]);
      }),
    );
  });

  it('reaches all orders of three about equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch++) {
      const order = new Uint32Array(3);
      permutation({ seed: 5, purpose: 'order', epoch, index: 0 }, order);
      counts.set(order.join(''), (counts.get(order.join('')) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });
});

describe('normals', () => {
  const count = 200_000;
  const drawn = new Float32Array(count);
  normals({ ...stream, purpose: 'initialisation' }, 1, drawn);
  const moment = (power: number) => drawn.reduce((sum, x) => sum + x ** power, 0) / count;

  it('have the moments of the normal distribution', () => {
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / count));
  });

  it('have its tails', () => {
    const beyond = (limit: number) => drawn.reduce((n, x) => n + Number(Math.abs(x) > limit), 0) / count;
    expect(beyond(1)).toBeCloseTo(0.3173, 2);
    expect(beyond(2)).toBeCloseTo(0.0455, 2.5);
    expect(beyond(3)).toBeCloseTo(0.0027, 3);
  });

  it('are Box and Muller of the words of the stream', () => {
    const [w0, w1] = words({ ...stream, purpose: 'initialisation' }, 2) as unknown as [number, number];
    const radius = Math.sqrt(-2 * Math.log((w0 + 0.5) / 2 ** 32));
    expect(drawn[0]).toBeCloseTo(radius * Math.cos((2 * Math.PI * w1) / 2 ** 32), 6);
    expect(drawn[1]).toBeCloseTo(radius * Math.sin((2 * Math.PI * w1) / 2 ** 32), 6);
  });

  it('fill an odd number too and scale with the deviation', () => {
    const few = new Float32Array(5);
    normals({ ...stream, purpose: 'initialisation' }, 2, few);
    few.forEach((x, i) => {
      expect(x).toBeCloseTo(2 * drawn[i]!, 5);
    });
  });
});
