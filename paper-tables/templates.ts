import { readdirSync, readFileSync } from 'node:fs';
import type { View } from '../harness/aggregate/types.ts';
import { escapeMarkdown, escapeTex, escapeXml, markdownBlock, markdownCode, texCode } from './escape.ts';
import type { Files } from './kind.ts';
import type { Page } from './page.ts';

/** Data files of a page by their ending: `csv`, `claims.csv`, `runs.csv`. */
export type Data = Readonly<Record<string, string>>;

/** Files of a table: pages, the bare tabular, and its records. */
export async function layOutTable(kind: View['kind'], page: Page, data: Data): Promise<Files> {
  const names = ['md', 'tex', 'page.tex', ...Object.keys(data)];
  return new Map([
    ['md', await render(`${kind}.md`, page)],
    ['tex', await render(`${kind}.tex`, page)],
    ['page.tex', await render('layout.tex', page)],
    ['html', await renderDocument(kind, page, names)],
    ...Object.entries(data),
  ]);
}

/** Files of a picture: itself, pages that show it, and its data. */
export async function layOutPicture(kind: View['kind'], page: Page, data: Data, svg: string): Promise<Files> {
  const { toPng } = await import('./png.ts');
  const names = ['svg', 'png', 'md', ...Object.keys(data)];
  return new Map<string, string | Uint8Array>([
    ['svg', svg],
    ['png', await toPng(svg)],
    ['md', await render(`${kind}.md`, page)],
    ['html', await renderDocument(kind, page, names)],
    ...Object.entries(data),
  ]);
}

/** A page in HTML without a document around it; `files`: endings of the files beside it. */
export function renderFragment(kind: View['kind'], page: Page, files: readonly string[]): Promise<string> {
  return render(`${kind}.html`, { ...page, files: [...files.filter(ending => ending !== 'html'), 'json'] });
}

async function renderDocument(kind: View['kind'], page: Page, files: readonly string[]): Promise<string> {
  return render('layout.html', { ...page, body: await renderFragment(kind, page, files) });
}

const folder = new URL('./templates/', import.meta.url);

type Template = (context: object) => string;

/** Renders `templates/<name>.hbs`; texts are escaped by helpers, or in HTML by Handlebars itself. */
async function render(name: string, context: object): Promise<string> {
  const { default: handlebars } = await import('handlebars');
  const engine = handlebars.create();
  engine.registerHelper({
    md: escapeMarkdown,
    mdcode: markdownCode,
    mdblock: markdownBlock,
    tex: escapeTex,
    texcode: texCode,
    xml: escapeXml,
    right: (align: string) => align === 'right',
    several: (count: number) => count > 1,
    ordinal: (index: number) => index + 1,
    // The row labels have a column too.
    columnCount: (columns: readonly unknown[]) => columns.length + 1,
  });
  const compile = (source: string): Template =>
    engine.compile(readFileSync(new URL(`${source}.hbs`, folder), 'utf8'), {
      noEscape: !source.endsWith('.html'),
    });
  const format = name.split('.').at(-1)!;
  for (const file of readdirSync(folder)) {
    const partial = file.replace(/\.hbs$/, '');
    if (partial.endsWith(`.${format}`) && partial !== name) engine.registerPartial(partial, compile(partial));
  }
  return compile(name)(context);
}
