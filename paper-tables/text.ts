import type { FigureView, LineView, TableView } from '../harness/aggregate/types.ts';
import { gridOf } from './grid.ts';
import { figureNames } from './names.ts';
import { figurePage, type Page, tablePage } from './page.ts';
import { nothing, number } from './wording.ts';

/** Columns of a terminal that texts are laid out for. */
const width = 110;

/** A table for a terminal: aligned columns, then notes, claims, deviations, machines and the command. */
export function tableText(view: TableView): string {
  const page = tablePage(view);
  const { columns, rows } = gridOf(view);
  return [...head(page), ...aligned(columns, rows), '', ...below(page)].join('\n');
}

/** A figure for a terminal: where its lines begin and end, what is not drawn, its files, and what stands under a table. */
export function figureText(view: FigureView): string {
  const page = figurePage(view);
  const panels = view.panels.flatMap(({ title, lines }) => [title, ...aligned(...endings(lines)), '']);
  const missing = page.missing.length > 0 ? [...list('Not drawn:', page.missing), ''] : [];
  const files = [`Files: ${figureNames(view.name).join(', ')}`, ''];
  return [...head(page), ...panels, ...missing, ...files, ...below(page)].join('\n');
}

/** A column of a text and how its cells are aligned. */
export type Column = { label: string; align: 'left' | 'right' };

/** First and last value of each line: `31.20 to 8.75`. */
function endings(lines: readonly LineView[]): [Column[], string[][]] {
  const labels = [...new Set(lines.map(({ label }) => label))];
  const kinds = [...new Set(lines.map(({ kind }) => kind))];
  const columns: Column[] = [
    { label: '', align: 'left' },
    ...kinds.flatMap(kind =>
      ['paper', 'ours'].map((who): Column => ({ label: `${kind}, ${who}`, align: 'right' })),
    ),
  ];
  const rows = labels.map(label => [
    label,
    ...kinds.flatMap(kind =>
      (['published', 'ours'] as const).map(source => {
        const line = lines.find(line => line.label === label && line.kind === kind && line.source === source);
        return line ? span(line) : nothing;
      }),
    ),
  ]);
  return [columns, rows];
}

function span({ points, seeds, source }: LineView): string {
  const ends = `${number(points[0]!.y)} to ${number(points.at(-1)!.y)}`;
  return source === 'ours' ? `${ends} (${seeds})` : ends;
}

/** What stands above a target. */
export function head({ heading, page, title, profile, profileSummary }: Page): string[] {
  return [`${heading} (p. ${page}): ${title}`, ...wrapped(`profile ${profile}: ${profileSummary}`), ''];
}

/** What stands below a target: legend, notes, claims, departures, machines and the command. */
export function below(page: Page): string[] {
  const claims = page.claims.map(({ verdict, statement, where, measured }) => {
    return `${verdict}: ${statement} (${where}): ${measured}`;
  });
  return [
    ...page.legend.flatMap(text => wrapped(text)),
    ...page.notes.flatMap((text, i) => wrapped(`[${i + 1}] ${text}`, '    ')),
    ...section('Claims', claims),
    ...section('Departures from the paper', page.deviations),
    ...section('How verdicts are reached', page.remarks),
    ...section('Computed on', page.machines),
    '',
    `$ ${page.command}`,
  ];
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', ...list(title, items)];
}

function list(title: string, items: readonly string[]): string[] {
  return [title, ...items.flatMap(item => wrapped(`- ${item}`, '  '))];
}

/** Columns as wide as their cells; a header that is wider is broken into lines above them. */
export function aligned(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ label }, i) => {
    const words = label.split(' ').map(word => word.length);
    return Math.max(Math.min(label.length, 16), ...words, ...rows.map(row => row[i]!.length));
  });
  const headers = columns.map(({ label }, i) => wrapped(label, '', widths[i]!));
  const depth = Math.max(...headers.map(lines => lines.length));
  const headerLines = Array.from({ length: depth }, (_, line) =>
    headers.map(lines => lines[line - depth + lines.length] ?? ''),
  );
  const pad = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, each) => sum + each + 2, -2));
  return [...headerLines.map(pad), rule, ...rows.map(pad)];
}

/** Breaks a text between words; lines after the first are indented. */
export function wrapped(text: string, indent = '', limit = width): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > limit) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
