import { commandLines } from '../page-text.ts';
import { paint, type Terminal } from '../terminal.ts';
import { type Column, fitted, wrapped } from '../text.ts';
import type { Story, StoryRow } from './story.ts';

/** A story for the terminal, its result last. */
export function storyText(story: Story, terminal: Terminal): string {
  const { title, headline, outcome, rows, details, commands, machine } = story;
  const prose = (text: string) => wrapped(text, { limit: terminal.width });
  const [mark, colour] = ({ same: ['✓', 'green'], moved: ['✕', 'red'], open: ['?', 'yellow'] } as const)[
    outcome
  ];
  const parts = [
    prose(`${story.experiment}, profile ${story.profile}: ${machine}`),
    ...details.map(prose),
    rows.length > 0 ? fitted([layoutOf(rows)], terminal.width) : [],
    commands.flatMap(({ says, command }) => [
      ...prose(`To ${says}:`),
      ...commandLines(command, terminal, '  '),
    ]),
    [paint(`${mark} ${title}`, colour, terminal), ...prose(headline)],
  ];
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n');
}

/** The columns of the results that moved. */
export const rowColumns = ['network', 'measure', 'before', 'now', 'difference', 'verdict'] as const;

function layoutOf(rows: readonly StoryRow[]) {
  const columns = rowColumns.map((key): Column => {
    const align = ['before', 'now', 'difference'].includes(key) ? 'right' : 'left';
    return { label: key, align, cells: rows.map(row => row[key]) };
  });
  return { names: columns.slice(0, 2), groups: columns.slice(2).map(column => [column]) };
}
