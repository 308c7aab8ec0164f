import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csv, escapeCsv, escapeMarkdown, escapeMarkdownCode, escapeTex, escapeXml } from './escape.ts';

test('LaTeX: special characters, dashes and what LaTeX does not know', () => {
  expect(escapeTex('100 % & #1_x^2 ~ {a} \\')).toBe(
    '100 \\% \\& \\#1\\_x\\textasciicircum{}2 \\textasciitilde{} \\{a\\} \\textbackslash{}',
  );
  expect(escapeTex('npm run x -- --seeds')).toBe('npm run x -{}- -{}-seeds');
  expect(escapeTex('6.61±0.16, −0.3 – β')).toBe(
    '6.61\\textpm{}0.16, \\textminus{}0.3 \\textendash{} {[}U+03B2{]}',
  );
});

test('LaTeX: a line break does not end a comment', () => {
  expect(`% ${escapeTex('a\n\\input{b}\u2028c')}`).toBe('% a \\textbackslash{}input\\{b\\} c');
});

test('LaTeX: whatever the text, the result has only characters that LaTeX reads', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      expect(escapeTex(text)).toMatch(/^[\x20-\x7eÀ-ÖØ-öø-ÿ]*$/);
    }),
  );
});

test('CSV: fields come back as they were (RFC 4180)', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fields => {
      expect(parseCsvLine(fields.map(escapeCsv).join(','))).toEqual(fields);
    }),
  );
});

test('CSV: lists are separated by blanks, and what is absent is empty', () => {
  expect([[1.5, 2], null, undefined, 0].map(escapeCsv)).toEqual(['1.5 2', '', '', '0']);
});

test('Markdown: a cell stays one cell on one line', () => {
  expect(escapeMarkdown('a|b\n*c* <d> [1]')).toBe('a\\|b \\*c\\* \\<d\\> \\[1\\]');
});

test('Markdown: entities and strikethrough are texts, a code span stays one', () => {
  expect(escapeMarkdown('&lt; ~~a~~')).toBe('\\&lt; \\~\\~a\\~\\~');
  expect(escapeMarkdownCode('a`b`\nc')).toBe("a'b' c");
});

test('CSV: a header and a line for each record', () => {
  expect(
    csv(
      ['a', 'b'],
      [
        [1, null],
        ['x,y', [2, 3]],
      ],
    ),
  ).toBe('a,b\n1,\n"x,y",2 3\n');
});

test('XML: attributes hold any text', () => {
  expect(escapeXml('a<b & "c"')).toBe('a&lt;b &amp; &quot;c&quot;');
});

/** Fields of a record, quoted or not. */
function parseCsvLine(line: string): string[] {
  const fields = [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,"]*))/g)];
  return fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
}
