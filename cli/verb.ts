import type { ExitName, FileName, VariableName } from './manual.ts';
import type { OptionName, Options } from './options.ts';

/** A verb of the command line: `npm run <verb>`. One file each. */
export interface Verb {
  /** What follows the verb, as commander writes it: `[targets...]`. */
  arguments: string;
  /** A paragraph of the manual page. */
  description: string;
  options: readonly OptionName[];
  /** Exit codes and what they mean here, besides 0 and 2. */
  exits?: Partial<Record<ExitName, string>>;
  /** Environment variables that it reads. */
  environment: readonly VariableName[];
  /** Files that it reads or writes. */
  files: readonly FileName[];
  /** Command lines with what they do. */
  examples: readonly (readonly [command: string, says: string])[];
  /** Returns the exit code. */
  run(args: string[], options: Options): Promise<number>;
}
