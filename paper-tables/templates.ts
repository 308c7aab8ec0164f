import { readFileSync } from 'node:fs';
import type { FigureView, TableView } from '../harness/aggregate/types.ts';
import { escapeCsv, escapeMarkdown, escapeTex } from './escape.ts';
import { figureFormats, tableFormats } from './names.ts';
import { figurePage, tablePage } from './page.ts';
import { publishedText } from './wording.ts';

/** Lays a table out in each format; the result maps file endings to contents. */
export async function layOutTable(view: TableView): Promise<Map<string, string>> {
  const page = tablePage(view);
  const aligns = page.grid.columns.map(({ align }) => align);
  return layOut('table', tableFormats, { ...page, aligns }, view);
}

/** Lays out the page of a figure, which embeds `<name>.svg`, and its data. */
export async function layOutFigure(view: FigureView): Promise<Map<string, string>> {
  return layOut('figure', figureFormats, figurePage(view), view);
}

async function layOut(
  kind: 'table' | 'figure',
  formats: readonly string[],
  page: object,
  view: TableView | FigureView,
): Promise<Map<string, string>> {
  const { default: handlebars } = await import('handlebars');
  const engine = handlebars.create();
  engine.registerHelper({
    md: escapeMarkdown,
    tex: escapeTex,
    csv: escapeCsv,
    right: (align: string) => align === 'right',
    ordinal: (index: number) => index + 1,
    printed: (published: TableView['rows'][number]['cells'][number]['published']) =>
      published === null ? null : publishedText(published),
    value: (published: TableView['rows'][number]['cells'][number]['published']) =>
      typeof published === 'object' ? published?.value : published,
  });
  for (const partial of ['below.md', 'head.html', 'below.html']) {
    engine.registerPartial(partial, engine.compile(source(partial), { noEscape: partial.endsWith('.md') }));
  }
  return new Map(
    formats.map(format => {
      const template = engine.compile(source(`${kind}.${format}`), { noEscape: format !== 'html' });
      return [format, template(format === 'csv' ? view : page)];
    }),
  );
}

function source(name: string): string {
  return readFileSync(new URL(`./templates/${name}.hbs`, import.meta.url), 'utf8');
}
