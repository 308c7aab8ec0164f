import { resolve } from 'node:path';
import { backends, isBackendFile } from '../backends/registry.ts';
import { fromCheckout } from '../harness/checkout.ts';
import { UserError } from '../harness/errors.ts';
import { looks } from '../harness/manifest/looks.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted, unsafeCharacter } from '../harness/text.ts';
import { shellWord } from '../ml/shell.ts';

/** More of anything than this is a slip of the keyboard. */
export const most = {
  seeds: 10_000,
  seconds: 100_000_000,
  processes: 10_000,
  threads: 1024,
  rounds: 1000,
  steps: 100_000,
  images: 1000,
};

/** npm changes into the checkout before it starts us: paths are meant from where the user is. */
export function userPath(text: string): string {
  const from = process.env.npm_lifecycle_event === process.argv[2] ? process.env.INIT_CWD : undefined;
  return resolve(from ?? '.', text);
}

/** Reads a whole number from 1 to `most`. */
export function wholeNumber(option: string, most: number): (text: string) => number {
  return text => {
    if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return Number(text);
    throw new UserError(`--${option} is ${quoted(text)}; expected a whole number from 1 to ${most}.`, {
      fix: `--${option} 1`,
    });
  };
}

/** `3` is 1, 2, 3; `4-6,1001` is 4, 5, 6, 1001; `7-7` is 7 alone. */
export function seeds(text: string): number[] {
  const refuse = (why: string) =>
    new UserError(`--seeds is ${quoted(text)}; ${why}.`, { fix: '--seeds 3, or --seeds 4-6,1001' });
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text))
    throw refuse('expected a number of seeds, or a list such as 4-6,1001');
  const lone = /^\d+$/.test(text);
  const ranges = text.split(',').map(part => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return lone ? ([1, from] as const) : ([from, to] as const);
  });
  const count = ranges.reduce((sum, [from, to]) => sum + Math.max(0, to - from + 1), 0);
  if (count > most.seeds) throw refuse(`expected at most ${most.seeds} seeds`);
  if (ranges.some(([from, to]) => from < 1 || to < from || to > 2 ** 31))
    throw refuse('expected seeds from 1 on, each range rising');
  const all = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Seeds at which verdicts are read. */
export function look(text: string): number {
  const found = looks.find(each => String(each) === text);
  if (found !== undefined) return found;
  throw new UserError(
    `--max-seeds is ${quoted(text)}; expected ${either(looks.map(String))}: verdicts are read there.`,
    {
      fix: '--max-seeds 8',
    },
  );
}

/** What is separated by commas or line breaks; given again, it adds to what was given before. */
export function names(option: string, example: string): (text: string, previous?: unknown) => string[] {
  return (text, previous) => {
    const found = text
      .split(/,|\n+/)
      .map(each => each.trim())
      .filter(each => each !== '');
    if (found.length === 0) {
      const what = option === 'rows' ? 'labels of rows or curves' : 'names of backends';
      throw new UserError(`--${option} is ${quoted(text)}; expected ${what}.`, {
        fix: `--${option} ${example}`,
      });
    }
    return [...((previous as string[] | undefined) ?? []), ...found];
  };
}

/** Reads one of some words. */
export function oneOf(option: string, names: readonly string[]): (text: string) => string {
  return text => {
    if (names.includes(text)) return text;
    const guess = didYouMean(text, names);
    throw new UserError(`--${option} is ${quoted(text)}; expected ${either(names)}. ${guess}`.trim(), {
      fix: `--${option} ${names[0]}`,
    });
  };
}

/** `a, b or c`. */
function either(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names);
}

/** Reads a path of the user's. */
export function path(option: string): (text: string) => string {
  return text => {
    const refuse = (why: string, fix: string) =>
      new UserError(`--${option} is ${quoted(text)}; ${why}.`, { fix });
    if (unsafeCharacter(text) !== undefined)
      throw refuse('expected a path without control characters', 'rename what has such a name');
    if (/^~($|\/)/.test(text))
      throw refuse(
        'the shell has left ~ as it is',
        `--${option} "$HOME"${text.slice(1) && shellWord(text.slice(1))}`,
      );
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
      throw refuse('expected a path, not an address', `--${option} <path of what was fetched from there>`);
    return userPath(text);
  };
}

/** One that comes with Residuals, or a file with one, named from the root of the checkout when it lies inside. */
export function backend(text: string): string {
  return isBackendFile(text) ? fromCheckout(userPath(text)) : oneOf('backend', Object.keys(backends))(text);
}

/**
 * A name is looked for under experiments/; what has a slash is a path. One inside the checkout is named from its root, in
 * which commands run: what is printed then holds on another machine.
 */
export function experiment(text: string): string {
  if (!/[/\\]/.test(text)) return text;
  return fromCheckout(path('experiment')(text));
}
