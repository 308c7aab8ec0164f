import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../harness/errors.ts';
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
  for (const option of verb.options) command.addOption(asOption(option));
  command.addHelpText('after', () => manual(verb, width));
  try {
    command.parse(argv as string[], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return 'help';
    const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
    const sentence = `${first[0]?.toUpperCase()}${first.slice(1)}.`;
    throw new UserError([sentence, ...more].join(' '), { fix: `npm run ${name} -- --help` });
  }
  return { args: command.args, options: { ...switchedOff, ...command.opts() } };
}

/** A switch that is not given is off; as a default of commander's it would clutter the page. */
const switchedOff = {
  ...{ all: false, force: false, overwritePages: false },
  ...{ keepGoing: false, dryRun: false, trace: false, quick: false, verbose: false, json: false },
};

function asOption(name: OptionName): Option {
  const { short, value, parse, preset, shown, help } = optionSpec(name);
  const option = new Option(`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help);
  if (parse) option.argParser(parse);
  return preset === undefined ? option : option.default(preset, shown ?? String(preset));
}
