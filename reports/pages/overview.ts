import type { View } from '../../harness/aggregate/types.ts';
import { kindOf } from '../../paper-tables/kinds.ts';
import { count } from '../../paper-tables/numbers.ts';
import { printable } from '../../paper-tables/printable.ts';
import { tallyInWords } from '../../paper-tables/tally.ts';
import { verdicts } from '../../paper-tables/verdicts.ts';
import { html } from '../html.ts';
import type { Group, Site } from '../model.ts';
import type { SitePage } from './layout.ts';

/** The first page: what was run, what came of it, and what does not hold. */
export function overviewPage(site: Site): SitePage {
  const { experiment, groups, computed, records } = site;
  const machines = new Set(records.map(({ provenance }) => provenance.cpu));
  const days = records.map(({ provenance }) => provenance.finishedAt.slice(0, 10)).sort();
  const dirty = records.filter(({ provenance }) => provenance.code.some(each => each.dirty)).length;
  return {
    path: 'index.html',
    title: `${experiment.title}: reproduced`,
    body: html`<h1>${experiment.title}, run again</h1>
<p class="source">${experiment.citation}</p>
<p>${count(records.length, 'run')} on ${count(machines.size, 'kind')} of machine, ${days[0]!} to ${days.at(-1)!}; ${dirty === 0 ? 'all by committed code' : `${dirty} by code that was not committed`}.</p>
${groups.map(group => groupSection(group))}
<h2>Computed from specifications</h2>
<p class="legend">The same under every profile; nothing is trained for them.</p>
<ul>
${computed.map(({ view }) => html`<li><a href="specification/${view.name}.html">${view.heading}: ${view.title}</a></li>\n`)}</ul>
<h2>How to read this</h2>
<p>Each table has the paper’s value beside ours, with the mean and SD over seeds. Only the profile <code>${experiment.faithful}</code> follows the paper; values of any other are marked ◇ scaled down and are never set against the paper’s. A value of ours leads to its evidence: seeds, runs, machine, commit, command.</p>
<h2>Get it again</h2>
<pre tabindex="0">npm run reproduce -- --all</pre>`,
  };
}

function groupSection(group: Group) {
  const { profile, backend, folder, targets, claims, faithful } = printable(group);
  const against = claims.filter(({ verdict }) =>
    ['contradicted', 'not seen at this scale', 'reversed at this scale'].includes(verdict),
  );
  const id = `profile-${folder}`;
  return html`<h2 id="${id}">Profile ${profile}${faithful ? ', the paper’s own protocol' : ', scaled down'}: ${backend}</h2>
<p>Claims of the paper: ${tallyInWords(
    claims.map(({ verdict }) => verdict),
    { width: 0, colour: false },
  )}. <a href="claims.html#${folder}">All claims</a></p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}">
<table>
<thead><tr><th scope="col">table or figure</th><th scope="col">cells</th><th scope="col">claims</th><th scope="col" class="right">runs</th></tr></thead>
<tbody>
${targets.map(
  ({ view }) =>
    html`<tr><th scope="row"><a href="${folder}/${view.name}.html">${view.heading}: ${view.title}</a></th><td>${tally(measuredVerdicts(view))}</td><td>${tally(view.claims.map(({ verdict }) => verdict))}</td><td class="right">${view.runs.length}</td></tr>\n`,
)}</tbody>
</table>
</div>
${
  against.length === 0
    ? null
    : html`<h3>What does not hold here</h3>
<ul>
${against.map(({ id: claim, statement, verdict }) => html`<li>${verdicts[verdict].mark} <a href="claims.html#${folder}-${claim}">${claim}</a>: ${statement} (${verdicts[verdict].word})</li>\n`)}</ul>`
}
`;
}

/** Of values that were measured: counts of layers and parameters are no results of runs. */
function measuredVerdicts(view: View) {
  if (view.kind !== 'table') return kindOf(view).verdicts(view);
  return view.rows.flatMap(({ cells }) =>
    cells.flatMap(({ verdict }, i) => (view.columns[i]!.answers === 'measure' ? [verdict] : [])),
  );
}

/** `◇ 5, – 1`: marks with their numbers. */
function tally(all: readonly (keyof typeof verdicts | null)[]): string {
  const counts = new Map<string, number>();
  for (const verdict of all) {
    if (verdict === null) continue;
    const { mark, word } = verdicts[verdict];
    const text = `${mark ? `${mark} ` : ''}${word}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} ${text}`).join(', ') || '–';
}
