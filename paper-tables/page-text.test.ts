import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { View } from '../harness/aggregate/types.ts';
import { architectureViewOf } from './architecture.fixture.ts';
import { kindOf } from './kinds.ts';
import { commandLines } from './page-text.ts';
import { plainText, type TextOptions } from './terminal.ts';
import { displayWidth } from './text.ts';
import { figureView, tableView } from './views.fixture.ts';

const page = { path: 'out/rendered/table6.md', others: ['tex', 'csv'] };
const views: View[] = [
  await tableView('mini'),
  await tableView('paper'),
  await figureView('errors'),
  await figureView('responses', 'paper'),
  await architectureViewOf('table1'),
  await architectureViewOf('figure3'),
];

function textOf(view: View, options: Partial<TextOptions> = {}): string {
  return kindOf(view).text(view, { ...plainText, page, ...options });
}

describe('the text of a target', () => {
  test('is no wider than the terminal, whatever that is, and cuts no word', () => {
    const wide = [true, false].map(verbose => ({ width: 1000, verbose }));
    const wordsOf = (text: string) => text.split(/\s+/).map(word => word.replace(/[:;]$/, ''));
    const known = views.map(view => new Set(wide.flatMap(options => wordsOf(textOf(view, options)))));
    fc.assert(
      fc.property(
        fc.nat({ max: views.length - 1 }),
        fc.integer({ min: 40, max: 200 }),
        fc.boolean(),
        (i, width, verbose) => {
          const text = textOf(views[i]!, { width, verbose });
          expect(text.split('\n').filter(line => displayWidth(line) > width)).toEqual([]);
          const unknown = wordsOf(text).filter(word => !known[i]!.has(word));
          expect(unknown.filter(word => !/^[─✓✕?◇–\\]*$/.test(word))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('ends with what came of it, the page and the command', async () => {
    const lines = textOf(await tableView('mini')).split('\n');
    expect(lines.slice(-6)).toEqual([
      'table6, profile mini: 0 ✓  1 ?  0 ✕ of 1 claim; 2 ◇ scaled down, 2 – not run of 4 cells',
      '4 runs on Example CPU; commit c0ffee000000',
      '2 departures from the paper, 1 assumption where it is silent: see the page, or --verbose',
      'Page: out/rendered/table6.md (also tex, csv)',
      '',
      '$ npm run reproduce table6',
    ]);
    const parts = ['profile mini', 'Claims', '37.83 ± 0.31 (3)', 'table6, profile mini:'];
    const places = parts.map(part => lines.findIndex(line => line.includes(part)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('prints what is folded when it is asked for, above the result', async () => {
    const view = await tableView('mini');
    expect(textOf(view)).not.toContain('16x16 images');
    const text = textOf(view, { verbose: true });
    expect(text.indexOf('- 16x16 images')).toBeGreaterThan(0);
    expect(text.indexOf('- 16x16 images')).toBeLessThan(text.indexOf('Claims'));
    expect(text).toContain('- Example CPU, 2 cores');
    expect(text).not.toContain('departures from the paper');
  });

  test('has colours on a terminal that shows them, which change no width', async () => {
    const view = await tableView('paper');
    const text = textOf(view, { colour: true });
    expect(text).toContain('\x1b[32m✓ reproduced\x1b[39m');
    expect(text).toContain('\x1b[33m? inconclusive\x1b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
    expect(text.replaceAll(/\x1b\[\d+m/g, '')).toBe(textOf(view));
    for (const each of views) expect(textOf(each)).not.toContain('\x1b');
  });

  test('says in one line what came of it', async () => {
    const summaries = views.map(view => kindOf(view).summary(view, plainText));
    expect(summaries).toEqual([
      'table6, profile mini: 0 ✓  1 ?  0 ✕ of 1 claim; 2 ◇ scaled down, 2 – not run of 4 cells',
      'table6-paper, profile paper: 0 ✓  1 ?  0 ✕ of 1 claim; 1 ✓ consistent, 1 ? inconclusive, 1 ✓ reproduced, 1 – not run of 4 cells',
      'figure6, profile mini: 0 ✓  1 ?  0 ✕ of 1 claim',
      'figure7-paper, profile paper: shown; nothing to judge',
      'table1: 50 ✓ reproduced of 50 cells',
      'figure3: 3 ✓ reproduced of 3 cells',
    ]);
  });
});

describe('a command', () => {
  test('goes on in the next line as a shell reads it, and never inside quotes', () => {
    const command = "npm run reproduce table3 -- --rows 'ResNet-34 A' --store /somewhere/else";
    expect(commandLines(command, { width: 200 }, '$ ')).toEqual([`$ ${command}`]);
    expect(commandLines(command, { width: 40 }, '$ ')).toEqual([
      '$ npm run reproduce table3 -- \\',
      "    --rows 'ResNet-34 A' \\",
      '    --store /somewhere/else',
    ]);
  });

  test('is the same words however narrow the terminal', () => {
    const words = fc.array(fc.stringMatching(/^(--)?[a-z0-9/]{1,20}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, fc.integer({ min: 40, max: 120 }), (words, width) => {
        const lines = commandLines(words.join(' '), { width }, '$ ');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(
          lines
            .join('\n')
            .slice(2)
            .replaceAll(/ \\\n +/g, ' '),
        ).toBe(words.join(' '));
      }),
    );
  });
});
