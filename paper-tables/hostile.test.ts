import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { View } from '../harness/aggregate/types.ts';
import { architectureViewOf } from './architecture.fixture.ts';
import { readCsv } from './csv.fixture.ts';
import { hostile, withTexts } from './hostile.fixture.ts';
import { kindOf } from './kinds.ts';
import { printable } from './printable.ts';
import { figureView, tableView } from './views.fixture.ts';

const harmless = 'text';

/** What of a file is structure, so that texts can be told from it. */
const skeletons: Readonly<Record<string, (content: string) => unknown>> = {
  html: tagsOf,
  // How many lines a title takes depends on its length.
  svg: content => [...new Set(tagsOf(content))].sort(),
  md: markdownOf,
  tex: latexOf,
  csv: content => {
    const records = readCsv(content);
    for (const field of records.flat()) expect(field).not.toMatch(/^[=+@\t\r\n＝＋－＠]|^-(?!\d)/);
    return records.map(fields => fields.length);
  },
};

/** Tags with the names of their attributes. */
function tagsOf(content: string): string[] {
  return [...content.matchAll(/<([^<>]*)>/g)].map(([, tag]) => tag!.replace(/"[^"]*"/g, '""'));
}

/** The lines of a Markdown file by what they are; those of a block of code are nothing but text. */
function markdownOf(content: string): string[] {
  let fence = '';
  return content.split('\n').map(line => {
    const [, marks, language] = /^(`{3,})(\w*)$/.exec(line) ?? [];
    if (marks !== undefined && (fence === '' || marks === fence)) {
      fence = fence === '' ? marks : '';
      return `fence ${language}`;
    }
    return fence !== '' ? 'code' : lineOf(line);
  });
}

/** What a line of Markdown is, and the marks in it that are not escaped. */
function lineOf(line: string): string {
  const bare = line.replace(/\\[^\w\s]|(`+)(?!`).*?(?<!`)\1(?!`)/g, (_, code) => (code ? '``' : 'x'));
  if (line.startsWith('<')) return tagsOf(line).join();
  const begins = /^(#+ |- |\| |\[\^\d+\]: |<\/?\w+>|!\[)?/.exec(bare)![0];
  return begins + bare.replace(/[^|*`<>[\]]/g, '');
}

/** Commands of the templates, and all that is not escaped and means something. */
function latexOf(content: string): string {
  const escapes =
    /\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|textendash|textemdash|textquotesingle|textasciigrave|dots)\{\}|\\ensuremath\{(\\\w+|-|\^\\circ)\}|\\textsuperscript\{9\}|\\[{}$&%#_]|\{\}|\{[[\]*]\}/g;
  const commands = content.replace(escapes, '').match(/\\[a-zA-Z]+|\\\\|[{}$&%#_^\n]/g);
  return (commands ?? []).join('');
}

async function expectSameStructure(view: View, text: string): Promise<void> {
  const [bad, good] = [withTexts(view, text), withTexts(view, harmless)].map(each => ({
    ...each,
    name: view.name,
  }));
  const expected = await kindOf(good!).files(good!);
  for (const [format, content] of await kindOf(bad!).files(bad!)) {
    const skeleton = skeletons[format.split('.').at(-1)!];
    if (!skeleton) continue;
    const what = `${view.name}.${format} with ${JSON.stringify(text)}`;
    expect(skeleton(String(content)), what).toEqual(skeleton(String(expected.get(format))));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(String(content), what).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e\u061c\u200b\u3164]/);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
  expect(kindOf(bad!).text(bad!)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u061c\u200b\u3164]/);
}

describe('no text leaves its place', { timeout: 120_000 }, () => {
  test.each(['mini', 'paper'] as const)('in a table under %s', async profile => {
    const table = await tableView(profile);
    const unusable = [{ key: 'a'.repeat(64), network: 'a', problem: 'b', fix: 'c' }];
    const view = { ...table, unusable, marks: ['a'] };
    await fc.assert(
      fc.asyncProperty(hostile, text => expectSameStructure(view, text)),
      { numRuns: 25 },
    );
  });

  test('in a figure and its picture', async () => {
    const view = await figureView('errors');
    await fc.assert(
      fc.asyncProperty(hostile, text => expectSameStructure(view, text)),
      { numRuns: 3 },
    );
  });

  test('in what follows from specifications', async () => {
    const views = await Promise.all(['table1', 'figure2'].map(name => architectureViewOf(name)));
    // A semicolon parts the layers of a block.
    const texts = hostile
      .map(text => text.replaceAll(/;|^\[/g, ''))
      .filter(text => printable(text).trim() !== '');
    await fc.assert(
      fc.asyncProperty(texts, async text => {
        for (const view of views) await expectSameStructure(view, text);
      }),
      { numRuns: 4 },
    );
  });
});

test('a skeleton shows what escapes', () => {
  expect(tagsOf('<p title="a">b</p>')).toEqual(['p title=""', '/p']);
  expect(tagsOf('<p title="a" onload="b">')).not.toEqual(tagsOf('<p title="a">'));
  expect(markdownOf('| a \\| b |')).toEqual(['| ||']);
  expect(markdownOf('| a | b |')).not.toEqual(markdownOf('| a \\| b |'));
  expect(markdownOf('# a')).not.toEqual(markdownOf('\\# a'));
  expect(latexOf('a \\input{b}')).not.toBe(latexOf('a \\textbackslash{}input\\{b\\}'));
});
