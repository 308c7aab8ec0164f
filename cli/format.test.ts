import { describe, expect, it } from 'vitest';
import { duration, quantity } from './format.ts';

describe('duration', () => {
  it.each([
    [0, '1 s'],
    [41.4, '41 s'],
    [89, '89 s'],
    [100, '2 min'],
    [5399, '1 h 30 min'],
    [7000, '2 h'],
    [12_000, '3 h 20 min'],
    [180_000, '2.1 days'],
    [4_989_508, '58 days'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});

describe('quantity', () => {
  it('shows percent with two decimals below ten and one above, and absence as a dash', () => {
    expect(quantity(8.754, '%')).toBe('8.75 %');
    expect(quantity(61.25, '%')).toBe('61.3 %');
    expect(quantity(1.35586, 'nats', 4)).toBe('1.3559 nats');
    expect(quantity(null, '%')).toBe('-');
  });
});
