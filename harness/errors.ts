/** Process exit codes; also what a command's outcome is called. */
export const exitCodes = {
  pass: 0,
  differs: 1,
  usage: 2,
  inconclusive: 3,
  failed: 4,
  interrupted: 130,
} as const;

/** A user's mistake or a condition of their machine: shown as a message without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** `fix`: the command or edit that helps, shown on a line of its own. */
  readonly fix: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { fix?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
    this.exitCode = options.exitCode ?? exitCodes.usage;
  }
}
