import { readFileSync } from 'node:fs';
import type {
  ArchitectureView,
  DrawingView,
  FigureView,
  TableView,
  View,
} from '../harness/aggregate/types.ts';
import { architecturePage, drawingPage } from './architecture-page.ts';
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

/** Lays Table 1 out in each format of a table. */
export async function layOutArchitecture(view: ArchitectureView): Promise<Map<string, string>> {
  return layOut('architecture', tableFormats, architecturePage(view), view);
}

/** Lays out the page of a drawing, which embeds `<name>.svg`, and its layers. */
export async function layOutDrawing(view: DrawingView): Promise<Map<string, string>> {
  return layOut('drawing', figureFormats, drawingPage(view), view);
}

async function layOut(
  kind: View['kind'],
  formats: readonly string[],
  page: object,
  view: View,
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
  for (const partial of ['below.md', 'texts.md', 'below.tex', 'head.html', 'texts.html', 'below.html']) {
    engine.registerPartial(
      partial,
      engine.compile(source(partial), { noEscape: !partial.endsWith('.html') }),
    );
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
