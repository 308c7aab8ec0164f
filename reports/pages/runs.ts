import type { JobRecord } from '../../harness/record/types.ts';
import { taskOf } from '../../harness/tasks/registry.ts';
import { count, number, short } from '../../paper-tables/numbers.ts';
import { printable } from '../../paper-tables/printable.ts';
import { codeTexts } from '../../paper-tables/wording.ts';
import { chart } from '../chart.ts';
import { type Html, html, raw } from '../html.ts';
import { type Site, shortName } from '../model.ts';
import type { SitePage } from './layout.ts';

/** Every run, with a filter where scripts run. */
export function runsPage({ records }: Site): SitePage {
  return {
    path: 'runs.html',
    title: 'Runs',
    body: html`<h1>Runs</h1>
<p class="filter needs-scripts"><label>Filter <input type="search" id="filter" autocomplete="off"></label> <output id="shown"></output></p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="runs-caption">
<table class="values" id="runs">
<caption id="runs-caption">${count(records.length, 'finished run')}</caption>
<colgroup>${widths.map(share => html`<col style="width: ${share}%">`)}</colgroup>
<thead><tr><th scope="col">run</th><th scope="col">network</th><th scope="col">profile</th><th scope="col" class="right">seed</th><th scope="col">measured</th><th scope="col">engine</th><th scope="col">finished</th></tr></thead>
<tbody>
${printable(records).map(
  record =>
    html`<tr><th scope="row"><a href="runs/${shortName(record.key)}.html">${short(record.key)}</a></th><td>${record.network}</td><td>${record.asked!.profile}</td><td class="right">${seedOf(record)}</td><td>${firstMeasure(record)}</td><td>${record.provenance.session.version}</td><td>${record.provenance.finishedAt.slice(0, 10)}</td></tr>\n`,
)}</tbody>
</table>
</div>`,
  };
}

/** Percent of the table that its columns take. */
const widths = [12, 17, 8, 6, 29, 18, 10];

/** One run: what identifies it, what came of it, where it comes from, and where it is shown. */
export function runPage(original: JobRecord, site: Site, picture: Uint8Array | null = null): SitePage {
  const record = printable(original);
  const { key, network, identity, result, provenance, asked } = record;
  const name = `${network}, ${identity.kind === 'train' ? `seed ${identity.seed}` : 'released weights'}`;
  const siblings = site.records.filter(
    each => each.network === original.network && each.asked!.profile === original.asked!.profile,
  );
  return {
    path: `runs/${shortName(key)}.html`,
    title: `${name} (${asked!.profile})`,
    body: html`<h1>${name}</h1>
<p class="source">Profile <code>${asked!.profile}</code>; key <code>${key}</code></p>
${curves(original)}${pictured(original, picture)}
<h2>What came of it</h2>
${facts(Object.entries(result.measures).map(([measure, value]) => [measureName(record, measure), measured(record, measure, value)]))}
<h2>What identifies it</h2>
${facts([
  ...leaves(identity.spec).map(([path, value]): [string, string] => [path, value]),
  ['data', identity.inputs.data],
  ['backend', `${identity.backend}, numerics ${identity.numerics}`],
])}
<h2>Where it comes from</h2>
${facts([
  ['command', provenance.command],
  [
    'code',
    codeTexts(provenance.code.map(each => ({ ...each, unknown: each.unknown ?? null, jobs: 1 }))).join('; '),
  ],
  [
    'engine',
    `${provenance.session.version} on ${provenance.session.device}, ${provenance.session.variant}, ${provenance.session.hardware}, ${provenance.session.threads} thread${provenance.session.threads === 1 ? '' : 's'}`,
  ],
  [
    'machine',
    `${provenance.cpu}, ${provenance.cores} cores, ${provenance.memoryGiB} GiB, ${provenance.platform}; Node ${provenance.node}`,
  ],
  [
    'time',
    `${provenance.startedAt} to ${provenance.finishedAt}, ${Math.round(provenance.seconds)} s of computing${provenance.resumed > 0 ? `, resumed ${provenance.resumed} times` : ''}`,
  ],
  ['determinism', `${result.determinism.tier}: ${result.determinism.evidence}`],
  ...Object.entries(result.digests).map(([what, digest]): [string, string] => [`digest of ${what}`, digest]),
])}
<h2>Where it is shown</h2>
<ul>
${(site.uses.get(key) ?? []).map(({ page, text }) => html`<li><a href="../${page}">${text}</a></li>\n`)}</ul>
<h2>Other seeds</h2>
<ul>
${siblings.map(each => html`<li>${each.key === key ? html`<strong>seed ${seedOf(each)}</strong>` : html`<a href="${shortName(each.key)}.html">seed ${seedOf(each)}</a>`}: ${firstMeasure(each)}</li>\n`)}</ul>
<p><a href="../records/${key}/record.json">record.json</a> · <a href="../compare.html#a=${shortName(key)}&b=${shortName((siblings.find(each => each.key !== key) ?? original).key)}">beside another run</a></p>`,
  };
}

function curves(record: JobRecord): Html {
  const lines = Object.entries(taskOf(record.identity.task).lines).filter(
    ([, { over, sorted }]) => over === 'iterations' && !sorted,
  );
  const drawn = lines.flatMap(([, line]) => {
    const points = (record.result.curves[line.curve] ?? []).flatMap(point => {
      const value = point[line.value];
      return value === undefined ? [] : [[point.at, value] as const];
    });
    return points.length > 1 ? [{ label: line.name, points }] : [];
  });
  if (drawn.length === 0) return html``;
  return html`<figure>${raw(chart(drawn, { x: 'iterations', y: '%' }))}</figure>`;
}

/** What a detector has found in test images, as a contact sheet; half as large as it was drawn. */
function pictured({ key }: JobRecord, picture: Uint8Array | null): Html {
  if (!picture) return html``;
  const { buffer, byteOffset } = picture;
  // Width and height stand at fixed places of a PNG.
  const [width, height] = [16, 20].map(at => new DataView(buffer, byteOffset).getUint32(at) / 2);
  const text =
    'White dashes: objects as annotated. Green: found, with class and probability. Orange dots: found, but of another class or place.';
  return html`<figure><img src="${shortName(key)}.png" width="${width}" height="${height}" alt="Test images with the boxes that were found in them"><figcaption>${text}</figcaption></figure>`;
}

function facts(rows: readonly (readonly [string, string])[]): Html {
  return html`<dl>
${rows.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>\n`)}</dl>`;
}

/** Settings as dotted paths with their values. */
function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, inner]) =>
    leaves(inner, path === '' ? name : `${path}.${name}`),
  );
}

function seedOf({ identity }: JobRecord): string {
  return identity.kind === 'train' ? String(identity.seed) : 'released';
}

function firstMeasure(record: JobRecord): string {
  const [first] = Object.entries(record.result.measures);
  return first ? `${measureName(record, first[0])} ${measured(record, ...first)}` : '';
}

function measureName({ identity }: JobRecord, measure: string): string {
  return taskOf(identity.task).measures[measure]?.name ?? measure;
}

function measured({ identity }: JobRecord, measure: string, value: number): string {
  const { unit, decimals } = taskOf(identity.task).measures[measure] ?? { unit: '', decimals: 2 };
  return `${number(value, decimals)}${unit === '%' ? '%' : ` ${unit}`}`;
}
