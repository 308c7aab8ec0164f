import { expect, it } from 'vitest';
import { Ahead } from './ahead.ts';

it('what comes next is begun, once, and what was passed over is dropped', () => {
  const begun: number[] = [];
  const ahead = new Ahead(
    number => {
      begun.push(number);
      return 10 * number;
    },
    2,
    5,
  );
  expect(ahead.take(0)).toBe(0);
  expect(begun).toEqual([0, 1, 2]);
  expect(ahead.take(1)).toBe(10);
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(ahead.take(4)).toBe(40);
  expect(begun).toEqual([0, 1, 2, 3, 4]); // not from the end on
  expect(ahead.take(2)).toBe(20);
  expect(begun).toEqual([0, 1, 2, 3, 4, 2, 3, 4]);
  expect(ahead.take(7)).toBe(70);
});
