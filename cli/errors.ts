import { Explained, exitCodes } from '../harness/errors.ts';

/**
 * Says on standard error what went wrong and what fixes it, and returns the exit code. A user's mistake or a condition
 * of their machine has no stack trace; anything else is a bug of ours and has one. Under `--json` the same goes to
 * standard output as the one object.
 */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof Explained;
  const { message, stack } = error as Error;
  const fix = known ? error.fix : undefined;
  const exitCode = known ? error.exitCode : exitCodes.failed;
  const bug = `This is a bug in Residuals (Node ${process.versions.node}, ${process.platform} ${process.arch}).`;
  console.error(known ? withFix(message, fix) : `${bug}\n\n${stack ?? String(error)}`);
  if (json) console.log(JSON.stringify({ error: { message, fix: fix ?? null, exitCode } }, null, 2));
  return exitCode;
}

/** A message, a blank line, and what helps. */
export function withFix(message: string, fix?: string): string {
  return fix ? `${message}\n\n  fix: ${fix}` : message;
}

/**
 * A reader that goes away (`| head`) is no error: what is still to be said goes nowhere, and the work goes on. Output that
 * cannot be written for another reason (a full disk, a terminal that is gone) ends in exit code 4, not in a crash.
 */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') process.once('exit', failUnlessFailed);
    });
  }
}

function failUnlessFailed(): void {
  if (!process.exitCode) process.exitCode = exitCodes.failed;
}
