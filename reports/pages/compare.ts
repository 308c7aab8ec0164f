import { html } from '../html.ts';
import { type Site, shortName } from '../model.ts';
import type { SitePage } from './layout.ts';

/** Two runs side by side. */
export function comparePage({ records }: Site): SitePage {
  const options = records.map(({ key, network, identity, asked }) => {
    const seed = identity.kind === 'train' ? `seed ${identity.seed}` : 'released weights';
    return html`<option value="${shortName(key)}">${network}, ${seed} (${asked!.profile}, ${identity.backend})</option>\n`;
  });
  return {
    path: 'compare.html',
    title: 'Compare two runs',
    body: html`<h1>Compare two runs</h1>
<form id="compare" class="needs-scripts">
<p><label>One <select name="a">${options}</select></label> <label>The other <select name="b">${options}</select></label></p>
<p><output id="differences"></output></p>
</form>
<noscript><p>This page needs scripts. Each run has a page of its own: <a href="runs.html">runs</a>.</p></noscript>
<div class="scroll tall" tabindex="0" role="region" aria-labelledby="compared-caption">
<table id="compared">
<caption id="compared-caption">Settings, results and provenance, what differs first</caption>
<thead><tr><th scope="col">field</th><th scope="col">one</th><th scope="col">the other</th></tr></thead>
<tbody></tbody>
</table>
</div>`,
  };
}
