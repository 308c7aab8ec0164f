import { viewTarget } from '../harness/aggregate/aggregate.ts';
import { type Runs, runsOf } from '../harness/aggregate/runs.ts';
import type { View } from '../harness/aggregate/types.ts';
import { explicit, recordProblem } from '../harness/record/schema.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { claimsOf } from '../paper-tables/claims.ts';
import { figurePage } from '../paper-tables/figure/page.ts';
import { number } from '../paper-tables/numbers.ts';
import { printable } from '../paper-tables/printable.ts';
import { gridOf } from '../paper-tables/table/grid.ts';
import { cellId } from './cell-id.ts';
import { sha256 } from './digest.ts';
import type { DataJob, Printed, TargetData } from './types.ts';

/**
 * What of a page does not follow from the records that come with it; empty when all does. In this order: the bytes of each
 * record, its key and its result; then every derived text. `recordText`: null for a record that is not there.
 */
export function problemsOf(
  { target, command, jobs, beside }: TargetData,
  recordText: (key: string) => string | null,
  printed: Printed,
): string[] {
  const problems: string[] = [];
  const records = new Map<string, JobRecord>();
  for (const job of distinct([...jobs, ...beside])) {
    const text = recordText(job.key);
    const problem = text === null ? 'its record is missing' : problemIn(text, job);
    if (problem !== null) problems.push(`${job.network}, run ${job.key.slice(0, 12)}: ${problem}`);
    else records.set(job.key, recordIn(text!));
  }
  const runs = (own: readonly DataJob[]): Runs =>
    runsOf(
      own.flatMap(({ key, network }) => {
        const record = records.get(key);
        return record ? [{ network, record }] : [];
      }),
      () => null, // files beside records do not come with a site
    );
  const view = viewTarget(target, runs(jobs), [], { command, beside: runs(beside) });
  return [...problems, ...differences(derived(view), printed, ensembles(view))];
}

/** What a page of a view has to print. */
function derived(original: View): Printed {
  const view = printable(original);
  const claims = claimsOf(view)?.rows ?? [];
  return {
    table: view.kind === 'table' ? tableRows(view) : [],
    claims: claims.map(({ statement, where, verdict, measured }) =>
      [`${statement} (${where})`, `${verdict.mark} ${verdict.word}`, measured].map(words),
    ),
    picture: view.kind === 'figure' ? words(figurePage(view).alt) : null,
    evidence: view.kind === 'table' ? evidenceRows(view) : {},
  };
}

/** What a page prints, read from its markup. */
export function printedIn(markup: string): Printed {
  const rowsOf = (part: string | undefined) =>
    [...(part ?? '').matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => words(textOf(cell!))),
    );
  const bodyOf = (part: string | undefined) => (part ?? '').replace(/<thead.*?<\/thead>/s, '');
  const table = /<table class="values"[^>]*>(.*?)<\/table>/s.exec(markup)?.[1];
  const claims = /<table class="claims"[^>]*>(.*?)<\/table>/s.exec(markup)?.[1];
  const sections = [...markup.matchAll(/<section class="evidence"[^>]* id="([^"]+)".*?<\/section>/gs)];
  const alt = /<figure>\s*<img [^>]*alt="([^"]*)"/s.exec(markup)?.[1];
  return {
    table: rowsOf(bodyOf(table)).filter(cells => cells.length > 1),
    claims: rowsOf(bodyOf(claims)),
    picture: alt === undefined ? null : words(textOf(alt)),
    evidence: Object.fromEntries(
      sections.map(([section, id]) => [id!, rowsOf(bodyOf(section)).map(cells => cells.slice(0, 2))]),
    ),
  };
}

function problemIn(text: string, { key, sha256: digest }: DataJob): string | null {
  if (sha256(text) !== digest) return 'its record is not, to the byte, the one that the page was made from';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its record is no JSON';
  }
  return recordProblem(value, key);
}

function recordIn(text: string): JobRecord {
  const record = JSON.parse(text) as JobRecord;
  return { ...record, identity: explicit(record.identity) };
}

/** Rows whose values are of files that do not come with a site: averaged scores. */
function ensembles(view: View): ReadonlySet<string> {
  if (view.kind !== 'table') return new Set();
  const of = view.rows.filter(({ cells }) => cells.some(({ absence }) => absence?.kind === 'no ensemble'));
  return new Set(of.map(({ label }) => label));
}

function differences(expected: Printed, printed: Printed, unchecked: ReadonlySet<string>): string[] {
  const labelled = (rows: readonly string[][]) => rows.filter(([label]) => !unchecked.has(label ?? ''));
  return [
    ...rowProblems('the table', labelled(expected.table), labelled(printed.table)),
    ...rowProblems('the claims', expected.claims, printed.claims),
    ...(expected.picture === printed.picture
      ? []
      : [`the picture: it says ${shown(printed.picture)}; the records give ${shown(expected.picture)}`]),
    ...Object.entries(expected.evidence).flatMap(([id, rows]) =>
      rowProblems(`the evidence #${id}`, rows, printed.evidence[id] ?? []),
    ),
  ];
}

function rowProblems(where: string, expected: readonly string[][], printed: readonly string[][]): string[] {
  if (expected.length !== printed.length)
    return [`${where}: ${printed.length} rows are printed; the records give ${expected.length}`];
  return expected.flatMap((cells, i) =>
    cells.flatMap((text, j) => {
      const other = printed[i]![j];
      if (other === text) return [];
      const row = cells[0] === text ? '' : `, ${cells[0]}`;
      return [`${where}${row}: ${shown(other ?? null)} is printed; the records give ${shown(text)}`];
    }),
  );
}

function tableRows(view: Extract<View, { kind: 'table' }>): string[][] {
  return gridOf(view).groups.flatMap(({ rows }) =>
    rows.map(({ label, cells }) => [
      words(label),
      ...cells.map(({ mark, text, second, note }) =>
        words([mark, text, second, note === null ? null : `[${note}]`].filter(Boolean).join(' ')),
      ),
    ]),
  );
}

function evidenceRows(view: Extract<View, { kind: 'table' }>): Record<string, string[][]> {
  const cells = view.rows.flatMap(row =>
    view.columns.flatMap((column, i) => {
      const { ours } = row.cells[i]!;
      if (!ours) return [];
      const rows = ours.seeds.map((seed, k) => [
        String(seed),
        words(number(ours.values[k]!, column.decimals)),
      ]);
      return [[cellId(row, column), rows] as const];
    }),
  );
  return Object.fromEntries(cells);
}

function distinct(jobs: readonly DataJob[]): DataJob[] {
  return [...new Map(jobs.map(job => [job.key, job])).values()];
}

/** The text of markup, a space for each tag. */
function textOf(markup: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };
  return markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
      hex
        ? String.fromCodePoint(parseInt(hex, 16))
        : decimal
          ? String.fromCodePoint(Number(decimal))
          : (named[name] ?? whole),
    );
}

/** A text in which no white space is more than a space. */
function words(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function shown(text: string | null): string {
  if (text === null) return 'nothing';
  return `“${text.length > 120 ? `${text.slice(0, 119)}…` : text}”`;
}
