/** Formats that a table is written in, by file ending. */
export const tableFormats = ['md', 'tex', 'html', 'csv'] as const;

/** Formats of a figure's page and data; its picture is written as SVG and PNG. */
export const figureFormats = ['md', 'html', 'csv'] as const;

/** Names of the files that a figure is written to. */
export function figureNames(name: string): string[] {
  return ['svg', 'png', ...figureFormats].map(format => `${name}.${format}`);
}
