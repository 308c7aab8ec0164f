import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../harness/errors.ts';
import { quoted } from '../harness/text.ts';
import { shellWord } from '../ml/shell.ts';
import { manual, manualWidth } from './manual.ts';
import { type OptionName, type Options, optionSpec } from './options.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** Reads a verb's arguments and options; prints the manual page and returns 'help' when that is asked for. */
export async function parseArguments(
  name: string,
  verb: Verb,
  argv: readonly string[],
): Promise<{ args: string[]; options: Options } | 'help'> {
  expectHyphens(argv);
  const width = manualWidth(terminalOf());
  const command = new Command(name)
    .usage(`${verb.arguments} -- [options]`.trim())
    .description(verb.description)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({
      helpWidth: width,
      minWidthToWrap: 20,
      commandUsage: self => `npm run ${self.name()} ${self.usage()}`,
    })
    .helpOption('-h, --help', 'show this page');
  for (const argument of verb.arguments.split(' ').filter(Boolean)) command.argument(argument);
  const given = new Map<OptionName, string>();
  for (const option of verb.options) command.addOption(asOption(option, given));
  command.addHelpText('after', () => manual(verb, width));
  try {
    command.parse(argv as string[], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return 'help';
    const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
    const known = verb.options.find(option => error.message.includes(`'-${option}`));
    if (error.code === 'commander.unknownOption' && known !== undefined)
      more.push(`(Did you mean --${known}?)`);
    const sentence = `${first[0]?.toUpperCase()}${first.slice(1).replace(/\.$/, '')}.`;
    throw new UserError([sentence, ...more].join(' '), { fix: `npm run ${name} -- --help` });
  }
  return { args: command.args, options: { ...switchedOff, ...command.opts() } };
}

/** A switch that is not given is off; as a default of commander's it would clutter the page. */
const switchedOff = {
  ...{ all: false, force: false, overwritePages: false },
  ...{
    keepGoing: false,
    dryRun: false,
    untilDecided: false,
    trace: false,
    quick: false,
    verbose: false,
    json: false,
  },
};

/** `given`: the options with a value that came so far, as they were typed. */
function asOption(name: OptionName, given: Map<OptionName, string>): Option {
  const { short, value, parse = (text: string) => text, repeats, preset, shown, help } = optionSpec(name);
  const option = new Option(`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help);
  if (value)
    option.argParser((text, previous) => {
      const before = given.get(name);
      given.set(name, text);
      const fix = `--${name} ${value}`;
      if (text === '') throw new UserError(`--${name} is empty; expected ${value}.`, { fix });
      // commander takes the next option for the value; a path of that name can be written as ./-x.
      if (/^-\D/.test(text))
        throw new UserError(`--${name} is followed by ${quoted(text)}; expected ${value}.`, { fix });
      if (before !== undefined && before !== text && !repeats)
        throw new UserError(`--${name} is given twice, as ${quoted(before)} and as ${quoted(text)}.`, {
          fix: `--${name} ${shellWord(text)}`,
        });
      return parse(text, previous);
    });
  return preset === undefined ? option : option.default(preset, shown ?? String(preset));
}

/** What was pasted from a page or a word processor may begin with dashes that look like hyphens. */
function expectHyphens(argv: readonly string[]): void {
  for (const word of argv) {
    const [dashes = ''] = /^[-\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]*/.exec(word) ?? [];
    const strange = dashes.replaceAll('-', '');
    if (strange === '') continue;
    const code = strange.charCodeAt(0).toString(16).toUpperCase();
    throw new UserError(`${quoted(word)} begins with U+${code}, a dash that is no hyphen.`, {
      fix: `--${shellWord(word.slice(dashes.length))}`,
    });
  }
}
