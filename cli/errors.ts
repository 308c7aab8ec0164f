import { exitCodes, explained } from '../harness/errors.ts';
import { visible } from '../harness/text.ts';
import { systemProblem } from '../ml/data/system.ts';
import { commandLines } from '../paper-tables/page-text.ts';
import { wrapped } from '../paper-tables/text.ts';
import { errorWidth } from './terminal.ts';

/**
 * Says on standard error what went wrong and what fixes it, and returns the exit code. A user's mistake or a condition
 * of their machine has no stack trace; anything else is a bug of ours and has one. Under `--json` the same goes to
 * standard output as the one object. What a terminal could obey is escaped, whoever it comes from.
 */
export function reportError(error: unknown, json: boolean): number {
  const known = explained(error);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const told = visible(known?.message ?? message);
  const fix = known?.fix && visible(known.fix);
  const exitCode = known?.exitCode ?? exitCodes.failed;
  const bug = `This is a bug in Residuals (Node ${process.versions.node}, ${process.platform} ${process.arch}).`;
  console.error(known ? withFix(told, fix) : `${bug}\n\n${visible(stack ?? message)}`);
  if (json) console.log(JSON.stringify({ error: { message: told, fix: fix ?? null, exitCode } }, null, 2));
  return exitCode;
}

/**
 * A message, a blank line, and what helps, in lines that fit where errors go. What texts from outside hold is shown and not
 * obeyed.
 */
export function withFix(message: string, fix?: string, width = errorWidth()): string {
  const lines = visible(message)
    .split('\n')
    .flatMap(line => messageLines(line, width));
  return [...lines, ...(fix ? ['', ...fixLines(visible(fix), width)] : [])].join('\n');
}

function messageLines(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0];
  const limit = width - indent.length;
  return wrapped(line.trim(), { limit, indent: '  ' }).map(part => indent + part);
}

/** What a fix begins with that is a command; the others are options or sentences. */
const programs =
  /^(npm|npx|node|pnpm|yarn|bun|git|apt-get|mv|rm|mkdir|ls|df|findmnt|fuser|free|ulimit|unset|\S*python[\d.]*|'?\/\S+) /;

const fixBegin = '  fix: ';

/** A command in lines that can be copied, its comment below it where there is no room beside it; else a sentence. */
function fixLines(fix: string, width: number): string[] {
  const line = fixBegin + fix;
  if (line.length <= width) return [line];
  if (!programs.test(fix)) return wrapped(line.trimStart(), { limit: width - 2 }).map(part => `  ${part}`);
  const [command, comment] = fix.split(/ {2,}# /);
  const said = comment === undefined ? [] : wrapped(comment, { limit: width - fixBegin.length - 2 });
  return [
    ...commandLines(command!, { width }, fixBegin),
    ...said.map(part => `${' '.repeat(fixBegin.length)}# ${part}`),
  ];
}

/** Whatever nobody handles is told like any other error and ends the process with the exit code of a failure, never 1. */
export function reportUncaught(json: boolean): void {
  process.on('uncaughtException', error => process.exit(reportError(error, json)));
}

/**
 * A reader that goes away (`| head`) is no error: what is still to be said goes nowhere, and the work goes on. Output that
 * cannot be written for another reason (a full disk, a terminal that is gone) ends in exit code 4; the work goes on as well.
 */
export function surviveClosedPipes(): void {
  let told = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || told) return;
      told = true;
      process.once('exit', failUnlessFailed);
      const reason = systemProblem(error)?.reason ?? error.message;
      if (stream === process.stdout) console.error(`Standard output cannot be written: ${reason}.`);
    });
  }
}

function failUnlessFailed(): void {
  if (!process.exitCode) process.exitCode = exitCodes.failed;
}
