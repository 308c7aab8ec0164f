import type { exitCodes } from '../harness/errors.ts';
import type { OptionName, Options } from './options.ts';
import type { files, variables } from './surroundings.ts';

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes;

/** A verb of the command line: `npm run <verb>`. One file each. */
export interface Verb {
  /** What follows the verb, as commander writes it: `[targets...]`, `<run> <other>`. */
  arguments: string;
  /** A paragraph of the manual page. */
  description: string;
  options: readonly OptionName[];
  /** Exit codes and what they mean here, besides 0 and 2. */
  exits?: Partial<Record<ExitName, string>>;
  /** Environment variables that it reads. */
  environment: readonly (keyof typeof variables)[];
  /** Files that it reads or writes. */
  files: readonly (keyof typeof files)[];
  /** Command lines with what they do. */
  examples: readonly (readonly [command: string, says: string])[];
  /** Returns the exit code. */
  run(args: string[], options: Options): Promise<number>;
}
