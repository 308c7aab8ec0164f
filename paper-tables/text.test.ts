import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aligned, displayWidth, wrapped } from './text.ts';

describe('aligned', () => {
  const header = [
    { label: 'net', align: 'left' },
    { label: 'error of ours in %', align: 'right' },
  ] as const;

  test('columns are as wide as their cells, long headers are broken above them', () => {
    const rows = [
      ['ResNet-20', '8.75'],
      ['plain', '10.00 ± 0.20'],
    ];
    expect(aligned(header, rows)).toEqual([
      '           error of ours in',
      'net                       %',
      '───────────────────────────',
      'ResNet-20              8.75',
      'plain          10.00 ± 0.20',
    ]);
  });

  test('without a rule, and by the width that a terminal gives them', () => {
    const short = [header[0], { label: 'n', align: 'right' }] as const;
    const rows = [
      ['网络', '10'],
      ['abc', '1'],
    ];
    expect(aligned(short, rows, { rule: false })).toEqual(['net    n', '网络  10', 'abc    1']);
  });
});

describe('wrapped', () => {
  test('breaks between words, and indents what follows', () => {
    expect(wrapped('one two three four', { limit: 9, indent: '  ' })).toEqual([
      'one two',
      '  three',
      '  four',
    ]);
  });

  test('by any measure of width', () => {
    expect(wrapped('aa bb cc', { limit: 10, width: text => 2 * text.length })).toEqual(['aa bb', 'cc']);
  });

  test('loses no word, and no line with several words is too wide', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (words, limit) => {
        const lines = wrapped(words.join(' '), { limit });
        expect(lines.join(' ')).toBe(words.join(' '));
        for (const line of lines) if (line.includes(' ')) expect(line.length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

test('East Asian characters take two columns of a terminal, combining marks none', () => {
  expect(['abc', '网络', 'e\u0301', 'µ−±', '🙂'].map(displayWidth)).toEqual([3, 4, 1, 3, 2]);
});
