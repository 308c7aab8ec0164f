import { describe, expect, it } from 'vitest';
import { readPrinted } from './published.ts';

describe('a printed number', () => {
  it.each([
    ['8.75', { value: 8.75, decimals: 2 }],
    ['8.80', { value: 8.8, decimals: 2 }],
    ['59.0', { value: 59, decimals: 1 }],
    ['20', { value: 20, decimals: 0 }],
    ['1,202', { value: 1202, decimals: 0 }],
    ['−0.5', { value: -0.5, decimals: 1 }],
    ['8.43†', { value: 8.43, decimals: 2 }],
    ['6.43 (6.61±0.16)', { value: 6.43, decimals: 2, mean: 6.61, sd: 0.16 }],
    ['6.61 ± 0.16', { value: 6.61, decimals: 2, mean: 6.61, sd: 0.16 }],
    ['1.8×10^9', { value: 1.8e9, decimals: 1 }],
    ['11.3×10^9', { value: 11_300_000_000, decimals: 1 }],
    ['15.3 billion', { value: 15_300_000_000, decimals: 1 }],
    ['< 0.1', { value: 0.1, decimals: 1 }],
  ])('%s', (printed, expected) => {
    expect(readPrinted(printed)).toEqual(expected);
  });

  it.each(['', '-', 'fc, softmax', '±0.16', '.5', 'n/a'])('%j is none', printed => {
    expect(readPrinted(printed)).toBeNull();
  });
});
