import { systemProblem } from '../ml/data/system.ts';
import { Explained, exitCodes } from '../ml/errors.ts';

export { Explained, exitCodes };

/** A user's mistake or a condition of their machine; its exit code is that of a wrong usage unless it says otherwise. */
export class UserError extends Explained {
  constructor(message: string, options: { fix?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { ...options, exitCode: options.exitCode ?? exitCodes.usage });
  }
}

/** An error as it is told to users; null for one that is a fault of ours. What the system refuses is no such fault. */
export function explained(error: unknown): Explained | null {
  if (error instanceof Explained) return error;
  if (!(error instanceof Error)) return null;
  const { path, syscall = 'the call' } = error as NodeJS.ErrnoException;
  const problem = systemProblem(error);
  if (problem === null) return null;
  const what = path === undefined ? `${syscall} failed` : `${path}: ${syscall} failed`;
  return new Explained(`${what}, ${problem.reason}.`, { fix: problem.fix, cause: error });
}
