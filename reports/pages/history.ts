import { number, short } from '../../paper-tables/numbers.ts';
import { printable } from '../../paper-tables/printable.ts';
import { chart } from '../chart.ts';
import type { History } from '../histories.ts';
import { type Html, html, raw, slug } from '../html.ts';
import type { SitePage } from './layout.ts';

/** What every night measured, a chart for each measure of each network, and what moved. */
export function historyPage(histories: readonly History[]): SitePage {
  return {
    path: 'history.html',
    title: 'History',
    body: html`<h1>History</h1>
<p>One new seed of every network a night. A chart spans the values that were measured; what moved is named with the nights and commits between which it most likely did.</p>
${histories.length === 0 ? html`<p>No nights are recorded in this store: <code>npm run regress -- --night</code> records one.</p>` : null}
${histories.map(history => historySection(printable(history)))}`,
  };
}

function historySection({ profile, backend, machine, nights, alarms }: History): Html {
  const id = slug(`${profile} ${backend} ${machine}`);
  const cells = [...new Set(nights.flatMap(({ values }) => Object.keys(values)))];
  return html`<h2 id="${id}">Profile ${profile}, ${backend}, ${machine}</h2>
<p>${nights.length} nights, ${short(nights[0]!.commit)} to ${short(nights.at(-1)!.commit)}.</p>
${
  alarms.length === 0
    ? html`<p>Nothing moved.</p>`
    : html`<ul>
${alarms.map(({ cell, night, before, value, isMachine, between }) => html`<li>${isMachine ? '?' : '✕'} night ${night}: <a href="#${id}-${slug(cell)}">${cell}</a>, ${number(before.mean)} to ${number(between?.after ?? value)}${between ? `, between nights ${between.from} and ${between.to} (${commitOf(nights, between.from)} to ${commitOf(nights, between.to)})` : ''}${isMachine ? ': the machine, not the code' : ''}</li>\n`)}</ul>`
}
${cells.map(cell => cellSection(cell, `${id}-${slug(cell)}`, nights))}`;
}

function cellSection(cell: string, id: string, nights: History['nights']): Html {
  const points = nights.flatMap(({ night, values }) => {
    const value = values[cell];
    return value === undefined ? [] : [[night, value] as const];
  });
  const last = points.at(-1)!;
  return html`<section id="${id}" class="cell">
<h3>${cell}</h3>
${points.length > 1 ? raw(chart([{ label: number(last[1]), points }], { x: 'nights', y: '' })) : html`<p>${number(last[1])} in night ${last[0]}</p>`}
</section>
`;
}

function commitOf(nights: History['nights'], night: number): string {
  return short(nights.find(each => each.night === night)?.commit ?? '?');
}
