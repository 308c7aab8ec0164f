import type { Verdict, View } from '../harness/aggregate/types.ts';
import type { CellLinks } from './table/grid.ts';
import type { Terminal, TextOptions } from './terminal.ts';

/** How a kind of view is laid out; `kinds.ts` has one for each. */
export interface Kind<V extends View, J extends object = object> {
  /** Endings of the files that it is written to. */
  readonly formats: readonly string[];
  /** For a terminal, as plain text unless it is said which. */
  text(view: V, options?: TextOptions): string;
  /** What came of it, in one line for a terminal. */
  summary(view: V, terminal: Terminal): string;
  /** For programs, besides what all kinds have in common. */
  json(view: V): J;
  /** What its cells came to. */
  verdicts(view: V): (Verdict | null)[];
  /**
   * Its page in HTML without a document around it, to be embedded; pictures are named as files beside it. `links`: where
   * the evidence of measured cells is.
   */
  fragment(view: V, links?: CellLinks): Promise<string>;
  /** Contents of its files, by ending. The same view gives the same bytes. */
  files(view: V): Promise<Files>;
}

/** Contents of files by their ending. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/** Endings of the files of a table: `tex` is the bare tabular, `page.tex` a document around it. */
export const tableFormats = ['md', 'tex', 'page.tex', 'html', 'csv'] as const;

/** Endings of the files of a picture. */
export const pictureFormats = ['svg', 'png', 'md', 'html', 'csv'] as const;

/** Endings of the data of what was run besides its values: its claims, and the runs that it rests on. */
export const runFormats = ['claims.csv', 'runs.csv'] as const;
