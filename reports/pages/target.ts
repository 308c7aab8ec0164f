import { differenceFromFixed, intervalOf } from '../../harness/aggregate/difference.ts';
import { codeOf, machinesOf } from '../../harness/aggregate/provenance.ts';
import type { CellView, ColumnView, RowView, TableView } from '../../harness/aggregate/types.ts';
import { commandOf } from '../../harness/plan/command.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { kindOf } from '../../paper-tables/kinds.ts';
import { count, number, short } from '../../paper-tables/numbers.ts';
import { printable } from '../../paper-tables/printable.ts';
import { noteText, publishedText, residualText, verdictText } from '../../paper-tables/table/wording.ts';
import { codeTexts, machineText } from '../../paper-tables/wording.ts';
import { cellId } from '../cell-id.ts';
import { type Html, html, raw } from '../html.ts';
import { type Shown, type Site, shortName } from '../model.ts';
import type { SitePage } from './layout.ts';

/** The page of a table or figure: what the paper and we have, and below it the evidence of every measured cell. */
export async function targetPage(folder: string, shown: Shown, site: Site): Promise<SitePage> {
  const view = printable(shown.view);
  const { name, heading, title, profile, kind } = view;
  const links = (row: RowView, column: ColumnView) =>
    cellOf(view as TableView, row, column)?.ours ? `#${cellId(row, column)}` : null;
  const fragment = await kindOf(shown.view).fragment(shown.view, links);
  const others = site.groups.filter(
    group => group.folder !== folder && group.targets.some(each => each.view.name === name),
  );
  const where = kind === 'table' || kind === 'figure' ? ` (${profile})` : '';
  return {
    path: `${folder}/${name}.html`,
    title: `${heading}: ${title}${where}`,
    body: html`<h1>${heading}: ${title}</h1>
${others.length > 0 ? html`<p>Also under ${listed(others.map(({ folder: other }) => html`<a href="../${other}/${name}.html">${other}</a>`))}.</p>` : null}
${raw(fragment)}
${kind === 'table' ? evidenceOfTable(view as TableView, site) : null}
${view.runs.length > 0 ? checkOf(`${folder}/${name}`) : null}`,
  };
}

/** Shown where scripts run. */
function checkOf(page: string): Html {
  return html`<section data-check="${page}" class="needs-scripts">
<h2>Check this page</h2>
<p><button type="button">Check against the records</button> <output></output></p>
<ul></ul>
</section>`;
}

function cellOf(view: TableView, row: RowView, column: ColumnView): CellView | undefined {
  const place = view.columns.findIndex(({ key }) => key === column.key);
  return view.rows.find(({ label }) => label === row.label)?.cells[place];
}

function evidenceOfTable(view: TableView, site: Site): Html {
  const sections = view.rows.flatMap(row =>
    view.columns.flatMap((column, i) => {
      const cell = row.cells[i]!;
      return cell.ours ? [evidenceOfCell({ ...cell, ours: cell.ours }, row, column, view, site)] : [];
    }),
  );
  if (sections.length === 0) return html``;
  return html`<h2 id="evidence">Evidence of each value</h2>
<p class="legend">A value of ours in the table leads to its evidence here; each has an address of its own.</p>
${sections}`;
}

function evidenceOfCell(
  cell: CellView & { ours: NonNullable<CellView['ours']> },
  row: RowView,
  column: ColumnView,
  view: TableView,
  site: Site,
): Html {
  const { ours } = cell;
  const id = cellId(row, column);
  const unit = column.unit ?? '';
  const records = ours.runs.map(key => site.records.find(record => record.key === key)!).filter(Boolean);
  const seeds = ours.seeds.map((seed, i) => ({ seed, value: ours.values[i]!, key: ours.runs[i] ?? null }));
  const note = noteText(cell, view);
  const published = cell.published.kind === 'value' ? cell.published : null;
  const rows: [string, Html | string | null][] = [
    [
      'mean',
      `${number(ours.mean, column.decimals)} ${unit}${ours.sd === null ? '' : `, SD ${number(ours.sd, column.decimals)}`} (${count(ours.n, 'seed')})`,
    ],
    ['95% interval of the mean', ours.n < 2 ? null : intervalText(ours, column.decimals)],
    [
      'published',
      published &&
        `${publishedText(published)} ${unit}, p. ${published.page}: ${published.estimator}${published.images ? `, ${published.images} images` : ''}`,
    ],
    ['ours − paper', cell.residual === null ? null : residualText(cell, column)],
    ['verdict', cell.verdict === null ? null : `${verdictText(cell)}${note ? `: ${note}` : ''}`],
    ['machines', texts(machinesOf(records).map(machineText))],
    ['code', texts(codeTexts(codeOf(records)))],
    [
      'determinism',
      texts([
        ...new Set(
          records.map(({ result: { determinism } }) => `${determinism.tier}: ${determinism.evidence}`),
        ),
      ]),
    ],
    ['again', html`<code>${commandFor(ours, row, view, records, site)}</code>`],
  ];
  return html`<section class="evidence" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title">${row.label}, ${column.label}</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Seeds of ${row.label}, ${column.label}">
<table>
<thead><tr><th scope="col" class="right">seed</th><th scope="col" class="right">value</th><th scope="col">run</th></tr></thead>
<tbody>
${seeds.map(({ seed, value, key }) => html`<tr><td class="right">${seed}</td><td class="right">${number(value, column.decimals)}</td><td>${key && ours.runs.length === ours.n ? runLink(key) : 'an ensemble'}</td></tr>\n`)}</tbody>
</table>
</div>
<dl>
${rows.flatMap(([term, text]) => (text === null ? [] : [html`<dt>${term}</dt><dd>${text}</dd>\n`]))}</dl>
<p><a href="#main">Back to the table</a></p>
</section>
`;
}

/** The command that gets this value again, and nothing else. */
function commandFor(
  { seeds }: { seeds: readonly number[] },
  { label }: RowView,
  { name, profile }: TableView,
  records: readonly JobRecord[],
  { from }: Site,
): string {
  const backend = records[0] ? { backend: records[0].identity.backend } : {};
  return commandOf([name], { ...from, ...backend, profile, seeds, rows: [label] });
}

function runLink(key: string): Html {
  return html`<a href="../runs/${shortName(key)}.html">${short(key)}</a>`;
}

function intervalText(
  { mean, sd, n }: { mean: number; sd: number | null; n: number },
  decimals: number,
): string {
  const [low, high] = intervalOf(differenceFromFixed({ mean, sd: sd!, n }, 0), 0.95);
  return `${number(low, decimals)} to ${number(high, decimals)} (Student’s t, ${n - 1} degrees of freedom)`;
}

function texts(all: readonly string[]): Html | null {
  return all.length === 0 ? null : html`${all.map((text, i) => html`${i > 0 ? html`<br>` : null}${text}`)}`;
}

function listed(parts: readonly Html[]): Html[] {
  return parts.map((part, i) => html`${i > 0 ? ', ' : ''}${part}`);
}
