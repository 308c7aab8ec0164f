import { printable } from '../paper-tables/printable.ts';
import type { Terminal } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';

/** Columns of a pipe, unless COLUMNS says otherwise. */
const pipeWidth = 110;

/** No text is laid out for less. */
const narrowest = 40;

/** What a stream that people read is laid out for. */
export function terminalOf(stream: NodeJS.WriteStream = process.stdout, env = process.env): Terminal {
  const said = /^\d+$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  const width = (stream.isTTY && stream.columns) || said || pipeWidth;
  return { width: Math.max(narrowest, width), colour: stream.isTTY === true && stream.hasColors(env) };
}

/** Columns that errors are laid out for; where nobody reads along a message is one line, as logs are searched by lines. */
export function errorWidth(stream: NodeJS.WriteStream = process.stderr, env = process.env): number {
  const isRead = stream.isTTY === true || env.COLUMNS !== undefined;
  return isRead ? Math.min(terminalOf(stream, env).width, pipeWidth) : Number.POSITIVE_INFINITY;
}

/** Whether a stream is a terminal on which lines can be written over. */
export function isLive(stream: NodeJS.WriteStream = process.stdout, env = process.env): boolean {
  return stream.isTTY === true && !env.CI && env.TERM !== 'dumb';
}

/** Says what is being done on standard output, or on standard error where the other is for programs. */
export function remarkFor(options: { json: boolean }): (text: string) => void {
  const stream = remarkStream(options);
  return text => {
    const lines = wrapped(printable(text), { limit: terminalOf(stream).width, indent: '  ' });
    stream.write(`${lines.join('\n')}\n`);
  };
}

/** Whether somebody sees at once what is said, and waits for more. */
export function isSeen(options: { json: boolean }): boolean {
  return remarkStream(options).isTTY === true;
}

function remarkStream({ json }: { json: boolean }): NodeJS.WriteStream {
  return json ? process.stderr : process.stdout;
}
