import { escapeMarkdown, markdownCode } from '../escape.ts';
import type { Story } from './story.ts';
import { rowColumns } from './text.ts';

/** A story as a summary of a step of GitHub Actions. One line where nothing moved. */
export function storyMarkdown({
  title,
  headline,
  outcome,
  rows,
  details,
  commands,
  machine,
  experiment,
  profile,
}: Story): string {
  const mark = { same: '✓', moved: '✕', open: '?' }[outcome];
  const head = `## ${mark} ${escapeMarkdown(title)}`;
  const foot = `${experiment}, profile ${profile}: ${machine}`;
  if (outcome === 'same') return `${head}\n\n${escapeMarkdown(`${headline} ${foot}`)}\n`;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table =
    rows.length === 0
      ? []
      : [
          line(rowColumns),
          line(rowColumns.map((_, i) => (i >= 2 && i <= 4 ? '--:' : ':--'))),
          ...rows.map(row => line(rowColumns.map(key => escapeMarkdown(row[key])))),
        ];
  const parts = [
    [head],
    [escapeMarkdown(headline)],
    table,
    details.map(text => `- ${escapeMarkdown(text)}`),
    commands.map(({ says, command }) => `- to ${escapeMarkdown(says)}: ${markdownCode(command)}`),
    [escapeMarkdown(foot)],
  ];
  return `${parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`;
}
