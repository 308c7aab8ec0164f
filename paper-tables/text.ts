import { createRequire } from 'node:module';

/** A column of a text: its header, how its cells are aligned, and the cells. */
export interface Column {
  label: string;
  align: 'left' | 'right';
  cells: readonly string[];
}

/** A table of texts by rows. */
export interface Texts {
  columns: Omit<Column, 'cells'>[];
  rows: string[][];
}

/** One way to lay a table out: what names its rows, and groups of columns that are not torn apart. */
export interface Layout {
  names: readonly Column[];
  groups: readonly (readonly Column[])[];
  /** Not to be taken before the others have been tried in parts. */
  lastResort?: true;
}

/** A header that is longer is broken into lines, unless the column is that wide anyway; where room is scarce at every word. */
const headerWidths = [16, 0];

const gap = '  ';

/** A table of rows as columns. */
export function columnsOf({ columns, rows }: Texts): Column[] {
  return columns.map((column, i) => ({ ...column, cells: rows.map(row => row[i]!) }));
}

/**
 * A table in lines no wider than `width`: the first of the layouts that fits; else the first whose groups fit one by one,
 * in as many tables below each other as that takes; else the last of them as a list.
 */
export function fitted(layouts: readonly Layout[], width: number, { rule = true } = {}): string[] {
  const options = layouts.flatMap(layout => headerWidths.map(headerWidth => ({ layout, headerWidth })));
  for (const { layout, headerWidth } of options.filter(({ layout }) => !layout.lastResort)) {
    const columns = [...layout.names, ...layout.groups.flat()];
    if (tableWidth(columns, headerWidth) <= width) return aligned(columns, { rule, headerWidth });
  }
  for (const { layout, headerWidth } of options) {
    const parts = inParts(layout, width, headerWidth);
    if (!parts) continue;
    return parts.flatMap((part, i) => [...(i > 0 ? [''] : []), ...aligned(part, { rule, headerWidth })]);
  }
  const { names, groups } = layouts.at(-1)!;
  return listed([...names, ...groups.flat()], width);
}

/** Columns as wide as their cells, below their headers and, unless it is left out, a rule. */
export function aligned(
  columns: readonly Column[],
  { rule = true, headerWidth = headerWidths[0]! } = {},
): string[] {
  const widths = columns.map(column => columnWidth(column, headerWidth));
  const headers = columns.map(({ label }, i) => wrapped(label, { limit: widths[i]! }));
  const depth = Math.max(...headers.map(lines => lines.length));
  const headerLines = Array.from({ length: depth }, (_, line) =>
    headers.map(lines => lines[line - depth + lines.length] ?? ''),
  );
  const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row]!));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, i) => padded(cell, widths[i]!, columns[i]!.align))
      .join(gap)
      .trimEnd();
  return [
    ...headerLines.map(lineOf),
    ...(rule ? ['─'.repeat(tableWidth(columns, headerWidth))] : []),
    ...rows.filter(cells => cells.some(cell => cell !== '')).map(lineOf),
  ];
}

/** How a text is broken into lines. */
export interface Wrapping {
  /** Width of a line. */
  limit: number;
  /** What lines after the first begin with. */
  indent?: string;
  /** Width of a text: in columns of a terminal when absent. */
  width?: (text: string) => number;
}

/** Breaks a text between words into lines no wider than a limit; a word that is wider has a line of its own. */
export function wrapped(text: string, { limit, indent = '', width = displayWidth }: Wrapping): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && width(longer) <= limit) lines[lines.length - 1] = longer;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines;
}

/** Names and what they stand for, in two columns; a text goes below a name that takes more than half of the line. */
export function definitions(pairs: readonly (readonly [string, string])[], limit: number): string[] {
  const fitting = pairs.map(([name]) => displayWidth(name)).filter(width => width <= limit / 2);
  const width = Math.max(...fitting, 2);
  const indent = ' '.repeat(width + gap.length);
  return pairs.flatMap(([name, text]) => {
    const lines = wrapped(text, { limit: limit - indent.length });
    const [first, ...others] = lines.map(line => indent + line);
    if (displayWidth(name) > width) return [name, first!, ...others];
    return [`${padded(name, width, 'left')}${gap}${lines[0]}`.trimEnd(), ...others];
  });
}

/** Columns that a text takes in a terminal: East Asian characters and emoji take two, combining marks and colours none. */
export function displayWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  const { default: stringWidth } = require('string-width') as typeof import('string-width');
  return stringWidth(text);
}

/** Few texts need the library, and it takes as long to load as a table takes to be laid out. */
const require = createRequire(import.meta.url);

/** Texts of Latin, Greek, punctuation, arrows, mathematics and box drawing: a column for each character. */
const narrow = /^[ -~¡-¬®-ʯͰ-Ͽ‐-‧‰-⁞←-⇿∀-⋿─-◼✓✕]*$/;

/** A text filled up with blanks. */
export function padded(text: string, width: number, align: Column['align']): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

function columnWidth({ label, cells }: Column, headerWidth: number): number {
  const words = label.split(' ').map(displayWidth);
  return Math.max(Math.min(displayWidth(label), headerWidth), ...words, ...cells.map(displayWidth));
}

function tableWidth(columns: readonly Column[], headerWidth: number): number {
  return columns.reduce((sum, column) => sum + columnWidth(column, headerWidth) + gap.length, -gap.length);
}

/** As many groups beside each other as fit, in as many tables as that takes; null when one alone is too wide. */
function inParts({ names, groups }: Layout, width: number, headerWidth: number): Column[][] | null {
  const parts: Column[][] = [];
  for (const group of groups) {
    const longer = [...(parts.at(-1) ?? names), ...group];
    if (parts.length > 0 && tableWidth(longer, headerWidth) <= width) parts[parts.length - 1] = longer;
    else if (tableWidth([...names, ...group], headerWidth) <= width) parts.push([...names, ...group]);
    else return null;
  }
  return parts;
}

/** Each row as a list: its name, and below it what its other columns hold. */
function listed([name, ...columns]: readonly Column[], limit: number): string[] {
  return (name?.cells ?? []).flatMap((title, row) => {
    const items = columns.map(({ label, cells }) => {
      return label === '' ? cells[row]! : `${label}: ${cells[row]}`;
    });
    const lines = items.flatMap(item => wrapped(item, { limit: limit - gap.length, indent: gap }));
    return [...wrapped(title, { limit }), ...lines.map(line => gap + line)];
  });
}
