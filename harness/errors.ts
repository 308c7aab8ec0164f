import { Explained, exitCodes } from '../ml/errors.ts';

export { Explained, exitCodes };

/** A user's mistake or a condition of their machine; its exit code is that of a wrong usage unless it says otherwise. */
export class UserError extends Explained {
  constructor(message: string, options: { fix?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: options.exitCode ?? exitCodes.usage });
  }
}
