import { flag, npmRun } from '../harness/command.ts';
import { UserError } from '../harness/errors.ts';
import { experiments, targetNames } from '../harness/manifest/load.ts';
import { edits } from '../harness/nearest.ts';
import { shellWord } from '../ml/shell.ts';
import { isNpmOption } from './npm-config.ts';
import { isGiven, type OptionName, optionSpec } from './options.ts';

/**
 * `npm run reproduce table6 --seeds=3` does not hand `--seeds=3` to us: npm takes every flag before a bare `--` for its
 * own (npm 12 refuses it, npm 11 and older leave `npm_config_seeds=3` in the environment). This gives such flags back as
 * arguments, and refuses what is none of ours or was taken apart beyond repair. What was typed after `--` wins. `typed`: as
 * `typedBeforeDashes` gives it.
 */
export async function flagsFromNpm(
  verb: string,
  options: readonly OptionName[],
  argv: readonly string[],
  typed: ReadonlyMap<string, string>,
  env = process.env,
): Promise<string[]> {
  const call = new Call(verb, options, argv, typed);
  for (const [name, value] of typed) await call.refuseUnlessKnown(name, value, env);
  call.refuseJobs();
  return options.flatMap(option => {
    const value = typed.get(npmName(option));
    return value === undefined || isGiven(option, argv) ? [] : call.asArguments(option, value);
  });
}

/**
 * Runs a verb under `--json`. Where npm's own `json` is on too, npm adds an object of its own to standard output whenever
 * the exit code is not 0: ours is then left out, so that there is one.
 */
export async function besideNpm(run: () => Promise<number>, env = process.env): Promise<number> {
  if (env.npm_config_json !== 'true' || env.npm_lifecycle_event === undefined) return run();
  const { log } = console;
  const held: unknown[] = [];
  console.log = (text: unknown) => held.push(text);
  const exitCode = await run().finally(() => {
    console.log = log;
  });
  if (exitCode === 0) for (const text of held) console.log(text);
  else console.error(`\n${lostToNpm}`);
  return exitCode;
}

const lostToNpm = `npm puts an object of its own on standard output, since --json stood before a bare -- and the exit code is not 0.
For ours: npm run --silent <command> -- --json   or   node cli/start.mjs <command> --json`;

/** npm's own options that read like ours and mean nothing to it here. */
const strange = ['depth', 'cpu', 'os', 'name', 'tag'];

/** A command line that npm has taken apart. */
class Call {
  readonly #verb: string;
  readonly #options: readonly OptionName[];
  readonly #words: readonly string[];
  readonly #rest: readonly string[];
  readonly #typed: ReadonlyMap<string, string>;

  constructor(
    verb: string,
    options: readonly OptionName[],
    argv: readonly string[],
    typed: ReadonlyMap<string, string>,
  ) {
    const first = argv.findIndex(word => word.startsWith('-'));
    const end = first < 0 ? argv.length : first;
    this.#verb = verb;
    this.#options = options;
    this.#words = argv.slice(0, end);
    this.#rest = argv.slice(end);
    this.#typed = typed;
  }

  asArguments(option: OptionName, value: string): string[] {
    if (takesValue(option)) return [`--${option}=${value}`];
    if (value === 'true') return [`--${option}`];
    if (value === '' || value === 'false') return []; // --no-json
    throw new UserError(`--${option} takes no value, but it came with "${value}".`, {
      fix: this.#command([...this.#words, value], [`--${option}`], option),
    });
  }

  async refuseUnlessKnown(name: string, value: string, env: NodeJS.ProcessEnv): Promise<void> {
    const option = this.#options.find(each => npmName(each) === name);
    if (option) return this.#refuseCutOff(option, value);
    await this.#refuseShort(name, value);
    const asked = name.replaceAll('_', '-');
    const npms = isNpmOption(asked, env);
    const meant = this.#nearest(asked);
    if (npms ? !strange.includes(asked) : npms === null && !meant) return; // npm's, or perhaps so
    if (meant)
      throw new UserError(`--${asked} is not an option of ${this.#verb}. Did you mean --${meant}?`, {
        fix: await this.#corrected(meant, value),
      });
    throw new UserError(`--${asked} is not an option of ${this.#verb}${npms ? ', but one of npm' : ''}.`, {
      fix: npmRun(this.#verb, [], ['--help']),
    });
  }

  /** `-j 4` is npm's --json and an argument 4; -k is an option of its own, of which it leaves no trace. */
  refuseJobs(): void {
    const at = this.#words.findIndex(word => /^\d+$/.test(word));
    if (at < 0 || this.#typed.get('json') !== 'true' || !this.#options.includes('jobs')) return;
    throw new UserError('npm keeps short options such as -j for itself.', {
      fix: this.#command(this.#words.toSpliced(at, 1), [`-j ${this.#words[at]}`], 'json'),
    });
  }

  /** `--seeds 3` reaches npm as a flag without a value, and us as an argument 3. */
  async #refuseCutOff(option: OptionName, value: string): Promise<void> {
    if (!takesValue(option) || (value !== 'true' && value !== '')) return;
    throw new UserError(`--${option} needs a value, and npm cut it off.`, {
      fix: await this.#corrected(option, value),
    });
  }

  /** -j4 and -fk are options of npm's named `j4` and `fk`; -n is its --no-yes. */
  async #refuseShort(name: string, value: string): Promise<void> {
    const named = new Map(this.#options.map(option => [optionSpec(option).short, option]));
    const isDryRun = name === 'yes' && value !== 'true' && named.has('n');
    const letters = isDryRun ? 'n' : (/^([a-z]{1,3})\d*$/.exec(name)?.[1] ?? '');
    if (letters === '' || ![...letters].every(letter => named.has(letter))) return;
    const flag = isDryRun ? '-n' : `-${name}`;
    const last = named.get(letters.at(-1))!;
    const cutOff = takesValue(last) && !/\d$/.test(name);
    const { words, stray } = cutOff ? await this.#withoutStray(last) : { words: this.#words };
    throw new UserError(`npm keeps short options such as ${flag} for itself.`, {
      fix: this.#command(words, [stray === undefined ? flag : `${flag} ${shellWord(stray)}`]),
    });
  }

  #nearest(asked: string): OptionName | undefined {
    return (
      this.#options.find(option => asked.length > 2 && option.startsWith(asked)) ??
      this.#options.find(option => edits(asked, option) <= (option.length > 4 ? 2 : 1))
    );
  }

  /** The command with an option as it is to be typed. */
  async #corrected(option: OptionName, value: string): Promise<string> {
    const given = takesValue(option) && value !== 'true' && value !== '' ? value : undefined;
    if (given !== undefined || !takesValue(option))
      return this.#command(this.#words, typedAs(option, given), option);
    const { words, stray } = await this.#withoutStray(option);
    return this.#command(words, typedAs(option, stray), option);
  }

  /** The arguments less the value that npm cut off: a number where one is expected, else the last that is no target. */
  async #withoutStray(option: OptionName): Promise<{ words: readonly string[]; stray?: string }> {
    const isNumber = /^<(seeds|count|seconds)>$/.test(optionSpec(option).value ?? '');
    const targets = isNumber ? [] : await allTargets();
    const at = this.#words.findLastIndex(word => (isNumber ? /^\d/.test(word) : !targets.includes(word)));
    if (at < 0) return { words: this.#words };
    return { words: this.#words.toSpliced(at, 1), stray: this.#words[at]! };
  }

  /** The command as it works, with all else that was typed. */
  #command(words: readonly string[], flags: readonly string[], but?: OptionName): string {
    const others = this.#options.flatMap(option => {
      const value = this.#typed.get(npmName(option)) ?? '';
      const isTaken = option === but || isGiven(option, this.#rest);
      const isNothing = ['', 'false'].includes(value) || (takesValue(option) && value === 'true');
      return isTaken || isNothing ? [] : typedAs(option, value);
    });
    return npmRun(this.#verb, words, [...others, ...flags, ...this.#rest.map(shellWord)]);
  }
}

function takesValue(option: OptionName): boolean {
  return optionSpec(option).value !== undefined;
}

/** An option as it is typed after `--`; where the value is not known, with what it is called. */
function typedAs(option: OptionName, value: string | undefined): string[] {
  if (!takesValue(option)) return [`--${option}`];
  return value === undefined ? [`--${option} ${optionSpec(option).value}`] : flag(option, value);
}

async function allTargets(): Promise<string[]> {
  return (await Promise.all(experiments().map(experiment => targetNames({ experiment })))).flat();
}

/** npm's name of an option in the environment. */
function npmName(option: OptionName): string {
  return option.replaceAll('-', '_');
}
