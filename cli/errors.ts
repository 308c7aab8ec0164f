import { exitCodes } from '../harness/errors.ts';

/** Exit codes of errors that are not of our making: data and engines fail an execution, the rest is usage. */
const expected: Readonly<Record<string, number>> = {
  UserError: exitCodes.usage,
  DataError: exitCodes.failed,
  BackendError: exitCodes.failed,
};

/**
 * Says on standard error what went wrong and what fixes it, and returns the exit code. A user's mistake or a condition
 * of their machine has no stack trace; anything else is a bug of ours and has one. Under `--json` the same goes to
 * standard output as the one object.
 */
export function reportError(error: unknown, json: boolean): number {
  const { name, message, fix, exitCode, stack } = error as Error & { fix?: string; exitCode?: number };
  const known = Object.hasOwn(expected, name);
  const code = known ? (exitCode ?? expected[name]!) : exitCodes.failed;
  const bug = `This is a bug in Residuals (Node ${process.versions.node}, ${process.platform} ${process.arch}).`;
  console.error(known ? withFix(message, fix) : `${bug}\n\n${stack ?? String(error)}`);
  if (json) console.log(JSON.stringify({ error: { message, fix: fix ?? null, exitCode: code } }, null, 2));
  return code;
}

/** A message, a blank line, and what helps. */
export function withFix(message: string, fix?: string): string {
  return fix === undefined ? message : `${message}\n\n  fix: ${fix}`;
}

/** A reader that goes away (`| head`) is no error: what is still to be said goes nowhere, and the work goes on. */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
