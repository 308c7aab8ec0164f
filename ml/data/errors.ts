/** Data that cannot be used or had: the message says which file and what was expected. */
export class DataError extends Error {
  override readonly name = 'DataError';
  /** The command that helps, shown on a line of its own. */
  readonly fix: string;

  constructor(message: string, fix: string, cause?: unknown) {
    super(message, { cause });
    this.fix = fix;
  }
}
