import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalsBeside, inUnits, percent, seedsOf, signed, signedInterval } from './numbers.ts';

test.each([
  [[-10.39, 0.0016], [0, 1], '[−10.39, +0.002]'],
  [[-0.0004, 3], [0, 1], '[−0.0004, +3.00]'],
  [[1.003, 4.2], [0, 1], '[+1.003, +4.20]'],
  [[0.997, 4.2], [0, 1], '[+0.997, +4.20]'],
  [[0.3041, 1], [0, 0.3], '[+0.304, +1.00]'],
  [[0, 1], [0, 1], '[+0.00, +1.00]'],
  [[-4.06, 2.12], [0, null], '[−4.06, +2.12]'],
] as const)('the bounds %j of an interval beside %j: %s', (interval, limits, text) => {
  expect(signedInterval(interval, limits)).toBe(text);
});

test('a bound never reads as a limit that it is not, down to a millionth', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(0, 0.3, 1, 5),
      (value, limit) => {
        const text = signed(value, decimalsBeside(value, [0, limit])).replace('−', '-');
        for (const other of [0, limit])
          if (Math.abs(value - other) > 1e-6) expect(Number(text)).not.toBe(other);
      },
    ),
  );
});

test('units and seeds in words', () => {
  expect([inUnits(1, '%'), inUnits(0.3, '%'), inUnits(2, 'nats')]).toEqual([
    '1 point',
    '0.3 points',
    '2 nats',
  ]);
  expect([seedsOf([3, 3]), seedsOf([1, 1]), seedsOf([1, 3])]).toEqual([
    '3 seeds each',
    '1 seed each',
    '1 and 3 seeds',
  ]);
  expect([percent(0.95), percent(0.9)]).toEqual(['95%', '90%']);
});
