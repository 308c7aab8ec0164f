import { join } from 'node:path';
import type { FigureView, TableView } from '../harness/aggregate/types.ts';
import { makeFolder, writeAtomic } from '../harness/record/files.ts';
import { layOutFigure, layOutTable } from './templates.ts';

/**
 * Writes a table as `<name>.md`, `.tex`, `.html`, `.csv`, or a figure as `<name>.svg`, `.png`, `.md`, `.html`,
 * `.csv` into a folder, each file atomically, and returns their names. The same view gives the same bytes.
 * Fails with a `UserError` when the folder cannot be written.
 */
export async function renderTarget(view: TableView | FigureView, folder: string): Promise<string[]> {
  const files = view.kind === 'table' ? await layOutTable(view) : await figureFiles(view);
  makeFolder(folder);
  return [...files].map(([format, content]) => {
    const name = `${view.name}.${format}`;
    writeAtomic(join(folder, name), [content]);
    return name;
  });
}

async function figureFiles(view: FigureView): Promise<Map<string, string | Uint8Array>> {
  const { drawFigure, toPng } = await import('./figure.ts');
  const svg = await drawFigure(view);
  return new Map<string, string | Uint8Array>([
    ['svg', svg],
    ['png', await toPng(svg)],
    ...(await layOutFigure(view)),
  ]);
}
