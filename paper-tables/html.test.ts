import { describe, expect, test } from 'vitest';
import { architectureViewOf } from './architecture.fixture.ts';
import { kindOf } from './kinds.ts';
import { figureView, tableView } from './views.fixture.ts';

const views = [
  await tableView('mini'),
  await tableView('paper'),
  await figureView('errors'),
  await architectureViewOf('table1'),
  await architectureViewOf('figure5'),
];
const pages = await Promise.all(
  views.map(async view => [view.name, String((await kindOf(view).files(view)).get('html'))] as const),
);

const times = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe.each(pages)('the page of %s', (name, html) => {
  test('has one main part and one heading, and none without a word', () => {
    expect(times(html, /<main>/g)).toBe(1);
    expect(times(html, /<h1>[^<]+<\/h1>/g)).toBe(1);
    expect(times(html, /<h1/g)).toBe(1);
    expect(html).not.toMatch(/<(th|h[1-6]|caption|summary)[^>]*>\s*<\/\1>/);
  });

  test('has tables that scroll by themselves and are named', () => {
    const regions = [
      ...html.matchAll(/<div class="scroll" tabindex="0" role="region" aria-labelledby="([^"]+)">\n<table/g),
    ];
    expect(regions).toHaveLength(times(html, /<table/g));
    for (const [, id] of regions)
      expect(times(html, new RegExp(`<(caption|h2) id="${id}">[^<]+<`, 'g'))).toBe(1);
  });

  test('has headings for the rows of tables', () => {
    for (const [row] of html.matchAll(/<tr[^>]*>.*?<\/tr>/g))
      expect(row).toMatch(/<th scope="(row|col|rowgroup)"/);
  });

  test('has links that lead somewhere, and no two places of one name', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id.startsWith(`${name}-`)).toBe(true);
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    for (const [, file] of html.matchAll(/href="([^#"]+)"/g))
      expect([...kindFormats(name), 'json'].map(format => `${name}.${format}`)).toContain(file);
  });

  test('has two colour schemes, and asks nobody for anything', () => {
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).not.toMatch(/https?:|<script|<link/);
  });
});

function kindFormats(name: string): readonly string[] {
  return kindOf(views.find(view => view.name === name)!).formats;
}

test('deviations are folded away, in Markdown too', async () => {
  const [view] = views;
  const md = String((await kindOf(view!).files(view!)).get('md'));
  for (const page of [md, pages[0]![1]]) {
    expect(page).toMatch(/<details>\n<summary>Scaled down for profile mini \(2\)<\/summary>/);
    expect(page).toMatch(/<details>\n<summary>Where the paper is silent \(1\)<\/summary>/);
  }
});
