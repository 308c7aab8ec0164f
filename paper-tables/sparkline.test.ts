import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

test('a curve in so many characters, from its lowest value to its highest', () => {
  expect(sparkline([80, 60, 50, 45, 42, 41, 40, 40], 8)).toBe('█▅▃▂▁▁▁▁');
  expect(sparkline([1, 3, 5, 7], 2)).toBe('▁█');
  expect(sparkline([1, 2], 8)).toBe('▁█');
  expect(sparkline([4, 4, 4], 8)).toBe('▄▄▄');
});
