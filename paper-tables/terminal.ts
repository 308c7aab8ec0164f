import { styleText } from 'node:util';

/** A terminal that a text is laid out for. */
export interface Terminal {
  /** Columns. */
  width: number;
  /** Whether it shows colours. */
  colour: boolean;
}

/** How the text of a target is laid out. */
export interface TextOptions extends Terminal {
  /** Whether departures, rules and provenance are printed in full. */
  verbose: boolean;
  /** The page that has them in any case, and the endings of the other files beside it. */
  page: { path: string; others: readonly string[] } | null;
  /** What else is to be said of the page: that a richer one was kept, that more seeds are recorded. */
  remarks: readonly string[];
}

/** For a file, and for a pipe whose width nobody has said. */
export const plainText: TextOptions = { width: 110, colour: false, verbose: false, page: null, remarks: [] };

/** What a text may look like. */
export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** A text in a style, on a terminal that has colours. */
export function paint(text: string, style: Style, { colour }: Pick<Terminal, 'colour'>): string {
  return colour ? styleText(style, text, { validateStream: false }) : text;
}
