/** Process exit codes; also what the outcome of a command is called. */
export const exitCodes = {
  pass: 0,
  differs: 1,
  usage: 2,
  inconclusive: 3,
  failed: 4,
  interrupted: 130,
} as const;

/**
 * An error that is explained to users and shown without a stack trace: a mistake of theirs, or something that their
 * machine, their data or an engine lacks. Any other error is a bug of ours.
 */
export class Explained extends Error {
  /** The command or edit that helps, shown on a line of its own. */
  readonly fix: string | undefined;
  /** What the process exits with if nobody handles the error: one of `exitCodes`. */
  readonly exitCode: number;

  constructor(message: string, options: { fix?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.fix = options.fix;
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** Data that cannot be used or had: the message says which file and what was expected. */
export class DataError extends Explained {
  constructor(message: string, fix: string, cause?: unknown) {
    super(message, { fix, cause });
  }
}

/** Data that are not where they were looked for: naming another place helps. */
export class MissingDataError extends DataError {}
