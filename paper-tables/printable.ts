import { withoutUnsafe } from '../harness/text.ts';

/**
 * A value whose texts can be printed anywhere: records and manifests may come from others, and what they hold must not
 * steer a terminal, break a line or turn the direction of a text.
 */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return printableText(value) as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [printableText(name), printable(inner)]);
  return Object.fromEntries(entries) as T;
}

function printableText(text: string): string {
  return withoutUnsafe(text.replace(sequences, '').replace(breaks, ' '));
}

/** What terminals read as commands: CSI sequences (colours, the cursor) and OSC strings (titles, links). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const sequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g;

const breaks = /\s*[\t\n\v\f\r\u0085\u2028\u2029]\s*/g;
