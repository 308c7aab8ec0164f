import type { TargetView, Verdict, View } from '../harness/aggregate/types.ts';
import { count, short } from './numbers.ts';
import type { Page } from './page.ts';
import { paintedWord, tally, tallyInWords } from './tally.ts';
import { paint, type Terminal, type TextOptions } from './terminal.ts';
import { wrapped } from './text.ts';
import { verdicts } from './verdicts.ts';
import { unusableText } from './wording.ts';

/** What a kind of view puts between claims and summary. */
export interface Body {
  lines: readonly string[];
  /** What has to be known to read it. */
  legend: readonly string[];
  /** What its cells came to. */
  verdicts: readonly (Verdict | null)[];
}

/**
 * A target for a terminal, the result last: what it is, its claims, the table or figure, a summary, the page that says
 * everything, and the command. What else the page says comes first, when it is asked for.
 */
export function pageText(view: View, page: Page, body: Body, options: TextOptions): string {
  const { legend, sections, claims } = page;
  const details = [
    { title: 'Legend', items: legend, none: null },
    { title: 'How claims are judged', items: claims?.notes ?? [], none: null },
    ...sections,
  ].map(({ title, items, none }) =>
    listLines(title, items.length > 0 || none === null ? items : [none], options),
  );
  const parts = [
    headLines(page, options),
    ...(options.verbose ? details : [leftOutLines(view, options)]),
    claimLines(view, page, options),
    body.lines,
    footLines(page, body, options),
    [...summaryLines(view, body, options), ...whereLines(view, options)],
    commandLines(page.command, options, '$ '),
  ];
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n');
}

/** A titled list. */
export function listLines(title: string, items: readonly string[], options: TextOptions): string[] {
  if (items.length === 0) return [];
  const limit = proseWidth(options);
  return [
    paint(title, 'bold', options),
    ...items.flatMap(item => wrapped(`- ${item}`, { limit, indent: '  ' })),
  ];
}

/** A command in lines that can be copied: where it does not fit it goes on as a shell reads it, between options. */
export function commandLines(command: string, { width }: { width: number }, begin = ''): string[] {
  const indent = ' '.repeat(Math.min(begin.length, 4) + 2);
  const [first = '', ...parts] = partsOf(command, width - indent.length - 2);
  const lines = [`${begin}${first}`];
  for (const [i, part] of parts.entries()) {
    const longer = `${lines.at(-1)} ${part}`;
    if (longer.length + (i < parts.length - 1 ? 2 : 0) <= width) lines[lines.length - 1] = longer;
    else {
      lines[lines.length - 1] += ' \\';
      lines.push(`${indent}${part}`);
    }
  }
  return lines;
}

/** The words of a command, an option with its value as one of them where they fit a line. */
function partsOf(command: string, widest: number): string[] {
  const parts: string[] = [];
  for (const word of command.match(/(?:'[^']*'|[^\s'])+/g) ?? []) {
    const option = parts.at(-1) ?? '';
    const pair = `${option} ${word}`;
    if (/^--\w\S*$/.test(option) && !word.startsWith('-') && pair.length <= widest)
      parts[parts.length - 1] = pair;
    else parts.push(word);
  }
  return parts;
}

/** Sentences are no wider than this, however wide the terminal. */
const widestProse = 110;

function proseWidth({ width }: TextOptions): number {
  return Math.min(width, widestProse);
}

function headLines({ heading, page, title, profile }: Page, options: TextOptions): string[] {
  const limit = proseWidth(options);
  const named = wrapped(`${heading} (p. ${page}): ${title}`, { limit });
  const summary = profile ? wrapped(`profile ${profile.name}: ${profile.summary}`, { limit }) : [];
  return [...named.map(line => paint(line, 'bold', options)), ...summary];
}

function leftOutLines({ unusable }: TargetView, options: TextOptions): string[] {
  return listLines('Records left out', unusable.map(unusableText), options);
}

function claimLines(view: TargetView, { claims }: Page, options: TextOptions): string[] {
  if (!claims) return [];
  const limit = proseWidth(options);
  const untested = view.claims.filter(({ verdict }) => verdicts[verdict].tone === 'none');
  const folds = !options.verbose && untested.length > 1;
  const lines = claims.rows.flatMap(({ statement, where, measured, judged, verdict: { tone } }) => {
    if (folds && tone === 'none') return [];
    const verdict = paintedWord(judged, options);
    return [
      ...wrapped(`${verdict}: ${statement} (${where})`, { limit, indent: '  ' }),
      ...wrapped(measured, { limit: limit - 4 }).map(line => paint(`    ${line}`, 'dim', options)),
    ];
  });
  return [paint(claims.short, 'bold', options), ...lines, ...(folds ? foldedLines(untested, options) : [])];
}

/** Claims that nothing was measured of, counted by verdict. */
function foldedLines(untested: TargetView['claims'], options: TextOptions): string[] {
  const words = [...new Set(untested.map(({ verdict }) => verdict))];
  return words.flatMap(word => {
    const number = untested.filter(({ verdict }) => verdict === word).length;
    const text = `${paintedWord(word, options)}: ${count(number, 'claim')}; why: ${detailsText(options)}`;
    return wrapped(text, { limit: proseWidth(options), indent: '  ' });
  });
}

function detailsText({ page }: TextOptions): string {
  return page ? 'see the page, or --verbose' : '--verbose';
}

function footLines({ notes }: Page, { legend }: Body, options: TextOptions): string[] {
  const limit = proseWidth(options);
  return [
    ...legend.flatMap(text => wrapped(text, { limit })).map(line => paint(line, 'dim', options)),
    ...notes.flatMap((text, i) => wrapped(`[${i + 1}] ${text}`, { limit, indent: '    ' })),
  ];
}

/** What came of a target, in one line: `table6, profile mini: 0 ✓  3 ?  0 ✕ of 3 claims; 6 ◇ scaled-down of 6 cells`. */
export function summaryText(view: View, verdicts: Body['verdicts'], terminal: Terminal): string {
  const { name, profile, claims, agreements } = view;
  const cells = verdicts.filter(verdict => verdict !== null);
  const judged = (agreements ?? claims).map(({ verdict }) => verdict);
  const noun = agreements ? 'comparison' : 'claim';
  const counts = [
    ...(judged.length > 0 ? [`${tally(judged, terminal)} of ${count(judged.length, noun)}`] : []),
    ...(cells.length > 0 ? [`${tallyInWords(cells, terminal)} of ${count(cells.length, 'cell')}`] : []),
  ];
  return `${name}${isComputed(view) ? '' : `, profile ${profile}`}: ${counts.join('; ') || 'shown, nothing is judged'}`;
}

/** What came of it, and what it rests on. */
function summaryLines(view: View, { verdicts }: Body, options: TextOptions): string[] {
  const basis = isComputed(view) ? 'No runs: derived from the network definitions.' : basisText(view);
  const limit = proseWidth(options);
  return [summaryText(view, verdicts, options), basis].flatMap(text =>
    wrapped(text, { limit, indent: '  ' }),
  );
}

function isComputed({ kind }: View): boolean {
  return kind === 'architecture' || kind === 'drawing';
}

function basisText({ machines, code }: TargetView): string {
  if (machines.length === 0) return 'No run yet.';
  const jobs = (kind: string) =>
    machines.filter(each => each.kind === kind).reduce((sum, { jobs }) => sum + jobs, 0);
  const runs = [
    ...(jobs('train') > 0 ? [count(jobs('train'), 'run')] : []),
    ...(jobs('evaluate') > 0 ? [count(jobs('evaluate'), 'evaluation')] : []),
  ].join(' and ');
  const processors = [...new Set(machines.map(({ cpu }) => cpu))];
  const where = processors.length === 1 ? processors[0] : `${processors.length} kinds of machine`;
  const [only] = code;
  const dirty = code.some(each => each.dirty) ? ' with uncommitted changes' : '';
  const commit = only?.commit ? `commit ${short(only.commit)}` : 'no commit known';
  return `${runs} on ${where}; ${code.length > 1 ? `${code.length} versions of the code` : commit}${dirty}`;
}

function whereLines({ deviations }: TargetView, options: TextOptions): string[] {
  const { page, remarks, verbose, width } = options;
  const assumptions = deviations.filter(({ kind }) => kind === 'assumption').length;
  const departures = [
    ...(deviations.length > assumptions
      ? [`${count(deviations.length - assumptions, 'departure')} from the paper`]
      : []),
    ...(assumptions > 0 ? [`${count(assumptions, 'assumption')} where it is silent`] : []),
  ];
  const folded = `${departures.join(', ')}: ${detailsText(options)}`;
  const files = page ? [`Page: ${page.path} (also ${page.others.join(', ')})`] : [];
  return [...(verbose || deviations.length === 0 ? [] : [folded]), ...remarks, ...files].flatMap(text =>
    wrapped(text, { limit: width, indent: '  ' }),
  );
}
