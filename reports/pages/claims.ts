import { claimRow } from '../../paper-tables/claims.ts';
import { printable } from '../../paper-tables/printable.ts';
import { tallyInWords } from '../../paper-tables/tally.ts';
import { html } from '../html.ts';
import type { Site } from '../model.ts';
import type { SitePage } from './layout.ts';

/** All claims of the paper under every profile, each with an address of its own. */
export function claimsPage({ groups }: Site): SitePage {
  return {
    path: 'claims.html',
    title: 'Claims of the paper',
    body: html`<h1>Claims of the paper</h1>
<p>Every claim is encoded over all the networks that it speaks of, or told with the reason why no run tests it. Only the paper’s own protocol confirms or contradicts; under another profile the word names the scale. All claims of a profile share one error rate: at most 5% of such lists have any wrong verdict (Holm).</p>
${groups.map(group => {
  const { folder, profile, backend, claims } = printable(group);
  return html`<h2 id="${folder}">Profile ${profile}, ${backend}</h2>
<p class="legend">${tallyInWords(
    claims.map(({ verdict }) => verdict),
    { width: 0, colour: false },
  )}.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="${folder}">
<table class="claims">
<thead><tr><th scope="col">claim</th><th scope="col">verdict</th><th scope="col">what was measured, Δ [95% CI]</th></tr></thead>
<tbody>
${claims.map(claim => {
  const row = claimRow(claim, profile);
  return html`<tr id="${folder}-${row.id}"><th scope="row"><a href="#${folder}-${row.id}">${row.id}</a> ${row.statement} <small>(${row.where})</small></th><td class="verdict ${row.verdict.tone}">${row.verdict.mark ?? ''} ${row.verdict.word}</td><td>${row.measured}</td></tr>\n`;
})}</tbody>
</table>
</div>
`;
})}`,
  };
}
