import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeMarkdown, escapeTex, escapeXml, markdownBlock, markdownCode, texCode } from './escape.ts';

test('LaTeX: special characters, dashes and what LaTeX does not know', () => {
  expect(escapeTex('100 % & #1_x^2 ~ {a} \\')).toBe(
    '100 \\% \\& \\#1\\_x\\textasciicircum{}2 \\textasciitilde{} \\{a\\} \\textbackslash{}',
  );
  expect(escapeTex('npm run x -- --seeds')).toBe('npm run x -{}- -{}-seeds');
  expect(escapeTex('6.61±0.16, −0.3 – β')).toBe(
    '6.61\\ensuremath{\\pm}0.16, \\ensuremath{-}0.3 \\textendash{} {[}U+03B2{]}',
  );
});

test('LaTeX: no two characters become one sign', () => {
  expect(escapeTex("a--b ,, '' `` ?` <<")).toBe("a-{}-b ,{}, '{}' `{}` ?{}` \\textless{}\\textless{}");
  expect(escapeTex('“a” ‘b’')).toBe("``a'' `b'");
});

test('LaTeX: a star behind the end of a row is a text', () => {
  expect(`\\\\ ${escapeTex('*a')}`).toBe('\\\\ {*}a');
});

test('LaTeX: a command keeps its quotes', () => {
  expect(texCode("a --b 'c d'")).toBe('\\texttt{a -{}-b \\textquotesingle{}c d\\textquotesingle{}}');
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

test('Markdown: a cell stays one cell on one line', () => {
  expect(escapeMarkdown('a|b\n*c* <d> [1]')).toBe('a\\|b \\*c\\* \\<d\\> \\[1\\]');
});

test.each([
  ['- a', '\\- a'],
  ['+ a', '\\+ a'],
  ['-', '\\-'],
  ['--- ', '\\---'],
  ['===', '\\==='],
  ['1. a', '1\\. a'],
  ['12) a', '12\\) a'],
  ['# a', '\\# a'],
  ['## a', '\\## a'],
  ['    a', 'a'],
  ['> a', '\\> a'],
  ['-- -', '\\-- -'],
  [':-: ', '\\:-:'],
  ['---:', '\\---:'],
  ['a #', 'a \\#'],
  ['a ##', 'a \\##'],
  ['http://a_b', 'http\\://a\\_b'],
  ['WWW.a', 'WWW\\.a'],
  ['a@b.c', 'a\\@b.c'],
])(
  'Markdown: a line stays a paragraph, an item or a heading, whatever it begins with: %j',
  (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  },
);

test.each(['8.75', '−0.3', '+0.3', '#1', '3 seeds', 'a - b', 'C#', 'a: b'])(
  'Markdown: %s is as it was',
  text => {
    expect(escapeMarkdown(text)).toBe(text);
  },
);

test('Markdown: dollars begin no formula', () => {
  expect(escapeMarkdown('$x$')).toBe('\\$x\\$');
});

test('Markdown: entities and strikethrough are texts, a code span stays one', () => {
  expect(escapeMarkdown('&lt; ~~a~~')).toBe('\\&lt; \\~\\~a\\~\\~');
  expect(markdownCode('a\nb')).toBe('`a b`');
  expect(markdownCode('`a``b')).toBe('``` `a``b ```');
  expect(markdownBlock('sh', 'a\nb')).toBe('```sh\na b\n```');
  expect(markdownBlock('sh', '```')).toBe('````sh\n```\n````');
});

test('XML: attributes hold any text', () => {
  expect(escapeXml(`a<b> & "c" 'd'`)).toBe('a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;');
});
