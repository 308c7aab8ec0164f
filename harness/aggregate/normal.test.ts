import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalQuantile } from './normal.ts';

test('known quantiles, in the centre and in both tails', () => {
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0.7)).toBeCloseTo(0.5244005127080407, 15);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalQuantile(0.00135)).toBeCloseTo(-2.999976992703393, 14);
  expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825301131, 13);
  expect(normalQuantile(1e-300)).toBeCloseTo(-37.0470962993612, 12);
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
});

test('is the inverse of the normal tail', () => {
  fc.assert(
    fc.property(fc.double({ min: -300, max: Math.log10(0.5), noNaN: true }), power => {
      const p = 10 ** power;
      expect(lowerTail(normalQuantile(p)) / p).toBeCloseTo(1, 10);
    }),
  );
});

test('is odd about one half', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 - 1 }), k => {
      const p = k / 2 ** 31; // so that 1 - p is exact
      expect(normalQuantile(1 - p)).toBe(-normalQuantile(p));
    }),
  );
});

/** P(Z < x) for x <= 0: its series near 0, Laplace's continued fraction further out. */
function lowerTail(x: number): number {
  const density = Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
  if (x < -3) {
    let fraction = -x;
    for (let k = 200; k >= 1; k--) fraction = -x + k / fraction;
    return density / fraction;
  }
  let [sum, term] = [0, -x];
  for (let k = 1; term > 1e-18; k++) {
    sum += term;
    term *= x ** 2 / (2 * k + 1);
  }
  return 0.5 - density * sum;
}
