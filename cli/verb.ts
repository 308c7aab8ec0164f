import type { OptionName, Options } from './options.ts';

/** A verb of the command line: `npm run <verb>`. One file each. */
export interface Verb {
  /** What follows the verb, as commander writes it: `[targets...]`. */
  arguments: string;
  /** Paragraphs of the manual page. */
  description: string;
  options: readonly OptionName[];
  /** Command lines with what they do. */
  examples: readonly (readonly [command: string, says: string])[];
  /** Returns the exit code. */
  run(args: string[], options: Options): Promise<number>;
}
