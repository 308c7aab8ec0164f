import { join } from 'node:path';
import type { DrawingView, FigureView, View } from '../harness/aggregate/types.ts';
import { makeFolder, writeAtomic } from '../harness/record/files.ts';
import { layOutArchitecture, layOutDrawing, layOutFigure, layOutTable } from './templates.ts';

/**
 * Writes a table as `<name>.md`, `.tex`, `.html`, `.csv`, or a figure or drawing as `<name>.svg`, `.png`, `.md`, `.html`,
 * `.csv` into a folder, each file atomically, and returns their names. The same view gives the same bytes.
 * Fails with a `UserError` when the folder cannot be written.
 */
export async function renderTarget(view: View, folder: string): Promise<string[]> {
  const files = await filesOf(view);
  makeFolder(folder);
  return [...files].map(([format, content]) => {
    const name = `${view.name}.${format}`;
    writeAtomic(join(folder, name), [content]);
    return name;
  });
}

type Files = Map<string, string | Uint8Array>;

async function filesOf(view: View): Promise<Files> {
  switch (view.kind) {
    case 'table':
      return layOutTable(view);
    case 'architecture':
      return layOutArchitecture(view);
    case 'figure':
      return figureFiles(view);
    case 'drawing':
      return drawingFiles(view);
  }
}

async function figureFiles(view: FigureView): Promise<Files> {
  const { drawFigure } = await import('./figure.ts');
  return pictureFiles(await drawFigure(view), await layOutFigure(view));
}

async function drawingFiles(view: DrawingView): Promise<Files> {
  const { drawArchitecture } = await import('./drawing.ts');
  return pictureFiles(await drawArchitecture(view), await layOutDrawing(view));
}

async function pictureFiles(svg: string, pages: Map<string, string>): Promise<Files> {
  const { toPng } = await import('./figure.ts');
  return new Map<string, string | Uint8Array>([['svg', svg], ['png', await toPng(svg)], ...pages]);
}
