import { describe, expect, it } from 'vitest';
import { columns, duration, percent } from './format.ts';

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
  ])('%d seconds are %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});

describe('columns', () => {
  it('aligns cells and ends no line in blanks', () => {
    expect(
      columns(
        [
          ['network', 'seed'],
          ['ResNet-20', '1'],
          ['x', '10'],
        ],
        [1],
      ),
    ).toBe('network    seed\nResNet-20     1\nx            10');
    expect(
      columns([
        ['a', 'bb'],
        ['aaa', ''],
      ]),
    ).toBe('a    bb\naaa');
  });
});

describe('percent', () => {
  it('shows two decimals below ten, and absence as a dash', () => {
    expect(percent(8.754)).toBe('8.75 %');
    expect(percent(61.25)).toBe('61.3 %');
    expect(percent(null)).toBe('-');
  });
});
