import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logarithm, sineAndCosine } from './elementary.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('elementary functions', () => {
  it('the logarithm agrees with that of the engine to a few units in the last place', () => {
    const agrees = (u: number) => {
      expect(Math.abs(logarithm(u) / Math.log(u) - 1)).toBeLessThan(2e-15);
    };
    fc.assert(
      fc.property(word, w => agrees((w + 0.5) / 2 ** 32)),
      { numRuns: 1000 },
    );
    agrees(2 ** -33);
    agrees(1 - 2 ** -33);
    agrees(Math.SQRT1_2);
  });

  it('sine and cosine agree with those of the engine', () => {
    const agrees = (turn: number) => {
      const { sine, cosine } = sineAndCosine(turn);
      expect(Math.abs(sine - Math.sin(2 * Math.PI * turn))).toBeLessThan(2e-15);
      expect(Math.abs(cosine - Math.cos(2 * Math.PI * turn))).toBeLessThan(2e-15);
    };
    fc.assert(
      fc.property(word, w => agrees(w / 2 ** 32)),
      { numRuns: 1000 },
    );
    for (let eighth = 0; eighth < 8; eighth++) agrees(eighth / 8);
  });

  it('quarter turns are exact', () => {
    const quarters = [0, 0.25, 0.5, 0.75].map(sineAndCosine);
    expect(quarters.map(q => [q.sine + 0, q.cosine + 0])).toEqual([
      [0, 1],
      [1, 0],
      [0, -1],
      [-1, 0],
    ]);
  });
});
