import { readFileSync } from 'node:fs';
import type { View } from '../harness/aggregate/types.ts';
import { escapeMarkdown, escapeMarkdownCode, escapeTex } from './escape.ts';
import type { Files } from './kind.ts';
import type { Page } from './page.ts';

/** Files of a table: pages, the bare tabular, and its records. */
export async function layOutTable(kind: View['kind'], page: Page, csv: string): Promise<Files> {
  return new Map([
    ['md', await render(`${kind}.md`, page)],
    ['tex', await render(`${kind}.tex`, page)],
    ['page.tex', await render('layout.tex', page)],
    ['html', await renderDocument(kind, page)],
    ['csv', csv],
  ]);
}

/** Files of a picture: itself, pages that show it, and its data. */
export async function layOutPicture(
  kind: View['kind'],
  page: Page,
  csv: string,
  svg: string,
): Promise<Files> {
  const { toPng } = await import('./png.ts');
  return new Map<string, string | Uint8Array>([
    ['svg', svg],
    ['png', await toPng(svg)],
    ['md', await render(`${kind}.md`, page)],
    ['html', await renderDocument(kind, page)],
    ['csv', csv],
  ]);
}

/** A page in HTML without a document around it. */
export function renderFragment(kind: View['kind'], page: Page): Promise<string> {
  return render(`${kind}.html`, page);
}

async function renderDocument(kind: View['kind'], page: Page): Promise<string> {
  return render('layout.html', { ...page, body: await renderFragment(kind, page) });
}

/** Parts of templates that several have in common. */
const partials = ['below.md', 'texts.md', 'below.tex', 'tabular.tex', 'texts.html', 'below.html'];

type Template = (context: object) => string;

/** Renders `templates/<name>.hbs`; texts are escaped by helpers, or in HTML by Handlebars itself. */
async function render(name: string, context: object): Promise<string> {
  const { default: handlebars } = await import('handlebars');
  const engine = handlebars.create();
  engine.registerHelper({
    md: escapeMarkdown,
    mdcode: escapeMarkdownCode,
    tex: escapeTex,
    right: (align: string) => align === 'right',
    ordinal: (index: number) => index + 1,
  });
  const compile = (source: string): Template =>
    engine.compile(readFileSync(new URL(`./templates/${source}.hbs`, import.meta.url), 'utf8'), {
      noEscape: !source.endsWith('.html'),
    });
  const format = name.split('.').at(-1)!;
  for (const partial of partials.filter(partial => partial.endsWith(format))) {
    engine.registerPartial(partial, compile(partial));
  }
  return compile(name)(context);
}
