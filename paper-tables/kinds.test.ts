import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kindOf, kinds } from './kinds.ts';
import { figureView, tableView } from './views.fixture.ts';

describe('kinds', () => {
  test('a view knows its kind', async () => {
    const view = await tableView('mini');
    expect(kindOf(view)).toBe(kinds.table);
    expect(kindOf(view).verdicts(view)).toContain('scaled-down');
    expect(kindOf(await figureView('errors'))).toBe(kinds.figure);
  });

  test('a page can be embedded: a fragment has no document around it, and the page has the fragment in it', async () => {
    for (const view of [await tableView('mini'), await figureView('errors')]) {
      const fragment = await kindOf(view).fragment(view);
      expect(fragment).not.toMatch(/<(!doctype|html|head|body|style)|<\/(html|body)>/i);
      const page = String((await kindOf(view).files(view)).get('html'));
      expect(page).toContain(fragment);
      expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    }
  });

  test('what is for programs can be written as JSON, and holds the evidence as data', async () => {
    const { rows, testing } = kinds.table.json(await tableView('paper'));
    const cell = JSON.parse(JSON.stringify(rows))[3].cells.error;
    expect(cell).toMatchObject({
      reproduced: { n: 5, code: { states: 1, uncommitted: 0 } },
      verdict: 'reproduced',
      evidence: { method: 'equivalence', bound: 0.3, margin: 0.3, family: 4, nextLook: null },
      absence: null,
    });
    expect(testing).toMatchObject({ family: 4, lastLook: 8 });
    expect(rows[0]!.cells.error).toMatchObject({ verdict: null, absence: { kind: 'by others' } });
  });

  test('every kind has the same files', () => {
    for (const kind of Object.keys(kinds)) {
      const files = readdirSync(join(import.meta.dirname, kind));
      for (const file of ['index.ts', 'page.ts', 'text.ts', 'csv.ts']) expect(files, kind).toContain(file);
      for (const ending of kinds[kind as keyof typeof kinds].formats.filter(format =>
        /md|html/.test(format),
      )) {
        expect(readdirSync(join(import.meta.dirname, 'templates'))).toContain(`${kind}.${ending}.hbs`);
      }
    }
  });
});

test('heavy packages are imported only where they are used', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(name =>
    /(?<!\.test|\.d|\.fixture)\.ts$/.test(name),
  );
  expect(sources).toContain(join('figure', 'draw.ts'));
  const heavy = /^import (?!type)[^;]*?'(vega|vega-lite|handlebars|fontkit|@resvg\/resvg-js)'/ms;
  for (const name of sources) {
    const source = readFileSync(join(import.meta.dirname, name), 'utf8');
    expect(source, name).not.toMatch(heavy);
    if (!/\bdraw\.ts$/.test(name)) expect(source, name).not.toMatch(/^import [^;]*?\/draw\.ts'/ms);
  }
  expect("import {\n  compile,\n} from 'vega-lite';").toMatch(heavy);
});
