import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import type { View } from '../harness/aggregate/types.ts';
import { architectureViewOf } from './architecture.fixture.ts';
import { readCsv } from './csv.fixture.ts';
import { hostile, withTexts } from './hostile.fixture.ts';
import { kindOf } from './kinds.ts';
import { printable } from './printable.ts';
import { plainText } from './terminal.ts';
import { figureView, tableView } from './views.fixture.ts';
import { readXml } from './xml.fixture.ts';

/** All that a reader of a format finds in a file. */
const readers: Readonly<Record<string, (content: string) => string>> = {
  html: inXml,
  svg: inXml,
  md: content => {
    // The parser knows no footnotes, which are GitHub's, and does not read what is escaped in the text of a picture.
    const plain = content
      .split(/^(`{3,}[^\n]*\n.*\n`{3,})$/m) // what is code stays as it is
      .map((part, i) => (i % 2 === 1 ? part : withoutFootnotes(part)));
    return inXml(marked.parse(plain.join(''), { async: false, gfm: true }));
  },
  csv: content =>
    readCsv(content)
      .flat()
      .map(field => field.replace(/^'(?=[=+\-@\t\r\n＝＋－＠])/, ''))
      .join('\n'),
};

function withoutFootnotes(markdown: string): string {
  return markdown.replace(/^\[\^(\d+)\]: /gm, 'note $1: ').replace(/^!\[(.*)\]\(([\w.]+)\)$/gm, '$1 ($2)');
}

function inXml(content: string): string {
  const { text, attributes } = readXml(content);
  return [text, ...attributes].join('\n');
}

/** Ends every text, so that it is found at its own places alone. */
const mark = 'qzx';

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** How often a text is found in each file of a view, and in its text for a terminal. */
async function timesFound(view: View, text: string): Promise<Record<string, number>> {
  const shown = { ...withTexts(view, text), name: view.name };
  const wanted = oneLine(printable(text));
  const times = (content: string) => oneLine(content).split(wanted).length - 1;
  const lines = kindOf(shown).text(shown, { ...plainText, width: 100_000, verbose: true });
  // Headers of columns are broken between words: of those the last one is looked for.
  const found: Record<string, number> = { terminal: lines.split(mark).length - 1 };
  for (const [format, content] of await kindOf(shown).files(shown)) {
    const read = readers[format.split('.').at(-1)!];
    if (read) found[format] = times(read(String(content)));
  }
  return found;
}

/** Digests are cut short on pages; they are checked where records are read. */
function withoutDigests<V extends View>(view: V): V {
  const code = view.code.map(each => ({ ...each, commit: null, diffSha256: null, sources: null }));
  return { ...view, code };
}

async function expectFound(view: View, texts: fc.Arbitrary<string>, numRuns: number): Promise<void> {
  const expected = await timesFound(view, mark);
  for (const number of Object.values(expected)) expect(number).toBeGreaterThan(0);
  await fc.assert(
    fc.asyncProperty(texts, async text => {
      expect(await timesFound(view, `${text}${mark}`), JSON.stringify(text)).toEqual(expected);
    }),
    { numRuns },
  );
}

describe('whoever reads a file finds every text as it was', { timeout: 120_000 }, () => {
  test.each(['mini', 'paper'] as const)('of a table under %s', async profile => {
    const view = { ...withoutDigests(await tableView(profile)), marks: ['a'] };
    await expectFound(view, fc.constant('[^1]: <script>alert(1)</script>'), 1);
    await expectFound(view, hostile, 12);
  });

  test('of a figure and its picture', async () => {
    await expectFound(withoutDigests(await figureView('errors')), hostile, 3);
  });

  test('of what follows from specifications', async () => {
    // A semicolon parts the layers of a block.
    const texts = hostile
      .map(text => text.replaceAll(/;|^\[/g, ''))
      .filter(text => printable(text).trim() !== '');
    for (const name of ['table1', 'figure2']) await expectFound(await architectureViewOf(name), texts, 4);
  });
});

test('a reader sees what is not well formed', () => {
  for (const source of ['<p>a', '<p>a</b>', 'a & b', '<p title="a" b"></p>', '<p>a < b</p>', '&nbsp;'])
    expect(() => readXml(source), source).toThrow();
  expect(readXml('<p title="&quot;a">b &#60; c<br></p>')).toEqual({ text: ' b < c  ', attributes: ['"a'] });
});
