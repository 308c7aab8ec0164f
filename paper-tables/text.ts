/** Columns of a terminal that texts are laid out for. */
const terminalWidth = 110;

/** A column of a text and how its cells are aligned. */
export type Column = { label: string; align: 'left' | 'right' };

/** A header that is longer is broken into lines, unless the column is that wide anyway. */
const headerWidth = 16;

/** Columns as wide as their cells, below their headers and, unless it is left out, a rule. */
export function aligned(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { rule = true } = {},
): string[] {
  const widths = columns.map(({ label }, i) => {
    const words = label.split(' ').map(displayWidth);
    const cells = rows.map(row => displayWidth(row[i]!));
    return Math.max(Math.min(displayWidth(label), headerWidth), ...words, ...cells);
  });
  const headers = columns.map(({ label }, i) => wrapped(label, { limit: widths[i]! }));
  const depth = Math.max(...headers.map(lines => lines.length));
  const headerLines = Array.from({ length: depth }, (_, line) =>
    headers.map(lines => lines[line - depth + lines.length] ?? ''),
  );
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, i) => padded(cell, widths[i]!, columns[i]!.align))
      .join('  ')
      .trimEnd();
  const line = '─'.repeat(widths.reduce((sum, each) => sum + each + 2, -2));
  return [...headerLines.map(lineOf), ...(rule ? [line] : []), ...rows.map(lineOf)];
}

/** How a text is broken into lines. */
export interface Wrapping {
  /** Width of a line. */
  limit?: number;
  /** What lines after the first begin with. */
  indent?: string;
  /** Width of a text: in columns of a terminal when absent. */
  width?: (text: string) => number;
}

/** Breaks a text between words into lines no wider than a limit; a word that is wider has a line of its own. */
export function wrapped(text: string, wrapping: Wrapping = {}): string[] {
  const { limit = terminalWidth, indent = '', width = displayWidth } = wrapping;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && width(longer) <= limit) lines[lines.length - 1] = longer;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines;
}

/** Columns that a text takes in a terminal: East Asian characters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function padded(text: string, width: number, align: Column['align']): string {
  const blanks = ' '.repeat(width - displayWidth(text));
  return align === 'right' ? blanks + text : text + blanks;
}
