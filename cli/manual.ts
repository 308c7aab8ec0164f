import { exitCodes } from '../harness/errors.ts';
import type { Terminal } from '../paper-tables/terminal.ts';
import { definitions, wrapped } from '../paper-tables/text.ts';
import { files, variables } from './surroundings.ts';
import type { ExitName, Verb } from './verb.ts';

/** Columns of manual pages: those of the terminal, and no more than read well. */
export function manualWidth({ width }: Terminal): number {
  return Math.min(width, 100);
}

/** What stands below the options on the manual page of a verb, and nothing that does not apply to it. */
export function manual({ options, exits, environment, files: used, examples }: Verb, width: number): string {
  const npm = options.length > 0 ? ['Options go after a bare `--`, which npm needs to pass them on.'] : [];
  const codes = Object.entries({
    pass: 'done',
    usage: 'a usage error, or an invalid manifest or record',
    ...exits,
  })
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

function section(title: string, pairs: readonly (readonly [string, string])[], width: number): string[] {
  return pairs.length === 0 ? [] : ['', title, ...indented(definitions(pairs, width - 2), 2)];
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map(line => ' '.repeat(by) + line);
}
