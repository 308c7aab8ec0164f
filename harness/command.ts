import { shellWord } from '../ml/shell.ts';

/**
 * A command of this project as people type it, and the only place that knows how: npm takes flags for its own unless a bare
 * `--` stands before them. `words` are arguments; `flags` are whole, such as `--seeds 3`, their values quoted by `flag`.
 */
export function npmRun(verb: string, words: readonly string[] = [], flags: readonly string[] = []): string {
  const options = flags.length > 0 ? ['--', ...flags] : [];
  return ['npm run', verb, ...words.map(shellWord), ...options].join(' ');
}

/** An option with its value; none where there is no value. */
export function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name} ${shellWord(value)}`];
}
