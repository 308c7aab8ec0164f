import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../harness/errors.ts';
import { edits } from '../harness/nearest.ts';
import { isGiven, type OptionName, optionSpec } from './options.ts';

/**
 * `npm run reproduce table6 --seeds=3` does not hand `--seeds=3` to us: npm takes every flag before a bare `--` for
 * its own and only leaves `npm_config_seeds=3` in the environment. This gives the flags back as arguments, and refuses
 * what npm took apart beyond repair. What was typed after `--` wins.
 */
export function flagsFromNpm(
  verb: string,
  options: readonly OptionName[],
  argv: readonly string[],
  env = process.env,
): string[] {
  if (env.npm_lifecycle_event !== verb) return [];
  const typed = new Map(
    Object.entries(env).flatMap(([key, value = '']) => {
      const name = /^npm_config_(\w+)$/.exec(key)?.[1];
      return name && !comesFromNpmrc(name, value, env) ? [[name, value]] : [];
    }) as [string, string][],
  );
  refuseStrayValue(verb, options, argv);
  const known = new Map(options.map(option => [option.replaceAll('-', '_'), option]));
  for (const name of typed.keys())
    if (!known.has(name)) refuseMisspelled(name, verb, options, typed.get(name)!, env);
  return [...known].flatMap(([key, option]) => {
    const value = typed.get(key);
    return value === undefined || isGiven(option, argv) ? [] : asArguments(option, value, verb);
  });
}

function asArguments(option: OptionName, value: string, verb: string): string[] {
  const { value: placeholder } = optionSpec(option);
  if (placeholder === undefined) {
    if (value === 'true') return [`--${option}`];
    if (value === '' || value === 'false') return []; // --no-json
    throw new UserError(`--${option} takes no value, but it came with "${value}".`, {
      fix: `npm run ${verb} ... --${option}`,
    });
  }
  if (value !== 'true' && value !== '') return [`--${option}=${value}`];
  throw new UserError(
    `--${option} needs a value, and npm cut it off: it takes \`--${option} ${placeholder}\` for a flag of its own and an argument.`,
    {
      fix: `npm run ${verb} ... --${option}=${placeholder}   or   npm run ${verb} ... -- --${option} ${placeholder}`,
    },
  );
}

/** npm passes on any flag it does not know; one that resembles ours was meant for us. */
function refuseMisspelled(
  name: string,
  verb: string,
  options: readonly OptionName[],
  value: string,
  env: NodeJS.ProcessEnv,
): void {
  const shorts = options.map(option => optionSpec(option).short ?? '').join('');
  const isDryRun = name === 'yes' && value !== 'true' && options.includes('dry-run'); // npm reads -n as --no-yes
  if (isDryRun || new RegExp(`^[${shorts}]{1,3}\\d*$`).test(name)) {
    const flag = isDryRun ? '-n' : `-${name}`;
    throw new UserError(`npm keeps short options such as ${flag} for itself.`, {
      fix: `npm run ${verb} ... -- ${flag}`,
    });
  }
  const flag = name.replaceAll('_', '-');
  const meant =
    options.find(option => flag.length > 2 && option.startsWith(flag)) ??
    options.find(option => edits(flag, option) <= (option.length > 4 ? 2 : 1));
  if (!meant || isNpmOption(flag, env)) return;
  const placeholder = optionSpec(meant).value;
  throw new UserError(`--${flag} is not an option of ${verb}. Did you mean --${meant}?`, {
    fix: `npm run ${verb} ... --${meant}${placeholder ? `=${placeholder}` : ''}`,
  });
}

/** `-j 4` and `--seeds 4` reach us as an argument `4`. */
function refuseStrayValue(verb: string, options: readonly OptionName[], argv: readonly string[]): void {
  const stray = /^\d+$/.test(argv[0] ?? '')
    ? argv[0]
    : argv.find((word, i) => /^\d+$/.test(word) && !argv[i - 1]!.startsWith('-'));
  if (stray === undefined || !options.includes('seeds')) return;
  throw new UserError(`"${stray}" is no table or figure: npm cut it off from the option before it.`, {
    fix: `write it with an equals sign, npm run ${verb} ... --seeds=${stray}, or after --: npm run ${verb} ... -- --seeds ${stray}`,
  });
}

/** A value that npm read from a file was not typed for this command: node-gyp's `jobs`, for one, may stand there. */
function comesFromNpmrc(name: string, value: string, env: NodeJS.ProcessEnv): boolean {
  const builtin = env.npm_execpath ? join(dirname(env.npm_execpath), '..', 'npmrc') : undefined;
  const files = [env.npm_config_userconfig, env.npm_config_globalconfig, builtin];
  return files.some(file => {
    const set = file === undefined ? undefined : npmrc(file).get(name);
    return set !== undefined && (set === value || (set === 'false' && value === ''));
  });
}

const npmrcs = new Map<string, Map<string, string>>();

function npmrc(file: string): Map<string, string> {
  const known = npmrcs.get(file);
  if (known) return known;
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Most users have no such file.
  }
  const lines = [...text.matchAll(/^\s*([\w-]+)\s*(?:=\s*(.*?)\s*)?$/gm)];
  const values = new Map(lines.map(([, key, value = 'true']) => [key!.replaceAll('-', '_'), value]));
  npmrcs.set(file, values);
  return values;
}

/** Whether npm itself knows the option: `scope`, say, is near to `store` and common. */
function isNpmOption(flag: string, env: NodeJS.ProcessEnv): boolean {
  if (!env.npm_execpath) return false;
  try {
    const { definitions } = createRequire(env.npm_execpath)('@npmcli/config/lib/definitions') as {
      definitions: object;
    };
    return Object.hasOwn(definitions, flag);
  } catch {
    return false; // started by another package manager
  }
}
