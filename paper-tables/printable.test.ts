import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test('texts keep nothing that steers a terminal or breaks a line, wherever they lie', () => {
  const value = {
    label: '\x1b[31mred\x1b[0m',
    list: ['a\nb', 'a \u2028 b', 'a\tb', null, 3],
    'na\u0007me': { title: '\x1b]0;title\x07shown', link: '\x1b]8;;https://x\x1b\\text\x1b]8;;\x1b\\' },
    turned: 'a\u202eb\u2066c',
    csi: '\x9b1mbold',
  };
  expect(printable(value)).toEqual({
    label: 'red',
    list: ['a b', 'a b', 'a b', null, 3],
    name: { title: 'shown', link: 'text' },
    turned: 'abc',
    csi: 'bold',
  });
});

test('other texts stay as they are', () => {
  const text = 'ResNet-20 “×” 网络 ± − naïve 🙂';
  expect(printable(text)).toBe(text);
});
