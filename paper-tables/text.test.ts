import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import {
  aligned,
  type Column,
  columnsOf,
  definitions,
  displayWidth,
  fitted,
  type Layout,
  wrapped,
} from './text.ts';

const net = { label: 'net', align: 'left' } as const;
const error = { label: 'error of ours in %', align: 'right' } as const;

/** Texts of words that are no longer than the narrowest line that is tried. */
const word = fc.stringMatching(/^[a-z0-9±−.()]{1,18}$/);
const phrase = fc.array(word, { minLength: 1, maxLength: 4 }).map(words => words.join(' '));
const width = fc.integer({ min: 40, max: 160 });

/** Layouts of one table, with fewer and fewer columns. */
const layouts = fc
  .record({
    rows: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 7 }),
    seed: fc.array(phrase, { minLength: 40, maxLength: 40 }),
  })
  .map(({ rows, columns, seed }): Layout[] => {
    const column = (i: number): Column => ({
      label: seed[i]!,
      align: i % 2 ? 'right' : 'left',
      cells: Array.from({ length: rows }, (_, row) => seed[8 + i * rows + row]!),
    });
    const all = Array.from({ length: columns }, (_, i) => [column(i + 1)]);
    return [all, all.slice(0, 2)].map(groups => ({ names: [column(0)], groups }));
  });

/** What a terminal would break: lines that are wider than it. */
const tooWide = (lines: readonly string[], limit: number) => lines.filter(line => displayWidth(line) > limit);

describe('aligned', () => {
  test('columns are as wide as their cells, long headers are broken above them', () => {
    const rows = [
      ['ResNet-20', '8.75'],
      ['plain', '10.00 ± 0.20'],
    ];
    expect(aligned(columnsOf({ columns: [net, error], rows }))).toEqual([
      '           error of ours in',
      'net                       %',
      '───────────────────────────',
      'ResNet-20              8.75',
      'plain          10.00 ± 0.20',
    ]);
  });

  test('without a rule, and by the width that a terminal gives them', () => {
    const columns = [net, { label: 'n', align: 'right' }] as const;
    const rows = [
      ['网络', '10'],
      ['\x1b[32mabc\x1b[39m', '1'],
    ];
    const lines = aligned(columnsOf({ columns: [...columns], rows }), { rule: false });
    expect(lines).toEqual(['net    n', '网络  10', '\x1b[32mabc\x1b[39m    1']);
  });
});

describe('fitted', () => {
  const names: Column = { ...net, cells: ['ResNet-20', 'ResNet-56'] };
  const column = (label: string, ...cells: string[]): Column => ({ label, align: 'right', cells });
  const metric = (of: string) => [
    column(`${of}, paper`, '8.75', '6.97'),
    column('ours', '8.71 ± 0.11', '6.90'),
  ];
  const layout: Layout = { names: [names], groups: [metric('top-1'), metric('top-5')] };

  test('takes the first layout that fits', () => {
    const shorter: Layout = { names: [names], groups: [[column('top-1', '8.75', '6.97')]] };
    expect(fitted([layout, shorter], 80)[0]).toBe(
      'net        top-1, paper         ours  top-5, paper         ours',
    );
    expect(fitted([layout, shorter], 40)[0]).toBe('net        top-1');
  });

  test('else sets groups below each other, each with the names of the rows', () => {
    expect(fitted([layout], 40)).toEqual([
      'net        top-1, paper         ours',
      '────────────────────────────────────',
      'ResNet-20          8.75  8.71 ± 0.11',
      'ResNet-56          6.97         6.90',
      '',
      'net        top-5, paper         ours',
      '────────────────────────────────────',
      'ResNet-20          8.75  8.71 ± 0.11',
      'ResNet-56          6.97         6.90',
    ]);
  });

  test('else lists what each row holds', () => {
    const long = column('note', 'a note that is longer than a line of forty', 'short');
    expect(fitted([{ names: [names], groups: [[long]] }], 40)).toEqual([
      'ResNet-20',
      '  note: a note that is longer than a',
      '    line of forty',
      'ResNet-56',
      '  note: short',
    ]);
  });

  test('no line is wider than the terminal and no word is cut or lost, whatever the table', () => {
    fc.assert(
      fc.property(layouts, width, (candidates, limit) => {
        const lines = fitted(candidates, limit);
        expect(tooWide(lines, limit)).toEqual([]);
        const shown = new Set(lines.join(' ').split(/\s+/));
        const [names] = candidates[0]!.names;
        for (const name of names!.cells.flatMap(cell => cell.split(' '))) expect(shown).toContain(name);
        const known = candidates[0]!.groups.flat().flatMap(({ label, cells }) => [label, ...cells]);
        const words = new Set([names!.label, ...names!.cells, ...known].join(' ').split(' '));
        for (const each of shown) if (!/^─*$/.test(each)) expect(words).toContain(each.replace(/:$/, ''));
      }),
    );
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

describe('definitions', () => {
  test('stand beside their names, or below where those are long', () => {
    expect(
      definitions(
        [
          ['key', 'a digest of the identity'],
          ['a name that is too long', 'text'],
        ],
        24,
      ),
    ).toEqual(['key  a digest of the', '     identity', 'a name that is too long', '     text']);
  });

  test('no line is wider than the terminal and no word is cut', () => {
    const pairs = fc.array(
      fc.tuple(
        phrase.filter(name => name.length <= 40),
        phrase,
      ),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(pairs, width, (pairs, limit) => {
        const lines = definitions(pairs, limit);
        expect(tooWide(lines, limit)).toEqual([]);
        expect(lines.join(' ').split(/\s+/)).toEqual(pairs.flat().join(' ').split(' '));
      }),
    );
  });
});

test('East Asian characters take two columns of a terminal, combining marks and colours none', () => {
  const texts = ['abc', '网络', 'e\u0301', 'µ−±', '🙂', '\x1b[32m✓\x1b[39m'];
  expect(texts.map(displayWidth)).toEqual([3, 4, 1, 3, 2, 1]);
});

test('no text is wider or narrower than string-width has it', () => {
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  expect(characters.filter(each => displayWidth(each) !== stringWidth(each))).toEqual([]);
  const texts = fc.string({
    unit: fc.constantFrom(...'aé±Δ—→↔−▪✓\u0301\ufe0f\u20e3\u200d网🙂'),
    maxLength: 8,
  });
  fc.assert(fc.property(texts, text => displayWidth(text) === stringWidth(text)));
});
