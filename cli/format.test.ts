import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { displayWidth } from '../paper-tables/text.ts';
import { duration, memory, moment, quantity, table } from './format.ts';

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
  it('shows a value with its unit, and absence as a dash', () => {
    expect(quantity(8.754, '%')).toBe('8.75%');
    expect(quantity(61.25, '%')).toBe('61.25%');
    expect(quantity(61.25, '%', 1)).toBe('61.3%');
    expect(quantity(1.35586, 'nats', 4)).toBe('1.3559 nats');
    expect(quantity(null, '%')).toBe('–');
  });
});

describe('memory', () => {
  it.each([
    [0.2, '1 MiB'],
    [837.2, '838 MiB'],
    [2048, '2 GiB'],
    [20071, '19.6 GiB'],
  ])('%d MiB are %s', (mebibytes, words) => {
    expect(memory(mebibytes)).toBe(words);
  });
});

test('a moment says that it is UTC, wherever it is shown', () => {
  expect(moment('2026-11-24T08:34:23.577Z')).toBe('2026-11-24 08:34 UTC');
});

describe('a table', () => {
  const fields = [
    { label: 'network', text: (item: string) => item },
    { label: 'length', right: true, text: (item: string) => String(item.length), drop: 2 },
    { label: 'what is least needed', text: () => 'a text that takes much room', drop: 1 },
  ] as const;

  it('leaves out what is least needed where it is narrow', () => {
    const at = (width: number) => table(['ResNet-20', 'a'], fields, width).split('\n')[1];
    expect(at(60)).toBe('ResNet-20       9  a text that takes much room');
    expect(at(40)).toBe('ResNet-20       9');
    expect(at(12)).toBe('ResNet-20');
  });

  it('is no wider than the terminal', () => {
    const word = fc.stringMatching(/^[a-z]{1,30}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 40, max: 120 }),
        (items, width) => {
          for (const line of table(items, fields, width).split('\n'))
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
