import { html } from '../html.ts';
import type { Site } from '../model.ts';
import type { SitePage } from './layout.ts';

/** The page on which a browser checks the whole site. */
export function verifyPage({ groups }: Site): SitePage {
  const pages = groups.flatMap(({ folder, targets }) =>
    targets.map(({ view }) => ({ path: `${folder}/${view.name}`, heading: view.heading })),
  );
  return {
    path: 'verify.html',
    title: 'Verify',
    body: html`<h1>Verify</h1>
<p>Your browser reads the records that come with this site and derives every value again, with the code that made the pages: the bytes of each record have the digest that the page names, its key is the digest of what identifies the run, its result is the one that it was written with, and means, intervals, verdicts and claims are those that are printed.</p>
<p class="check needs-scripts"><button type="button" id="check">Check everything</button> <output id="progress"></output></p>
<noscript><p>This page needs scripts. Without them: <code>npm run verify -- --site &lt;folder&gt;</code></p></noscript>
<ul id="checked">
${pages.map(({ path, heading }) => html`<li data-page="${path}"><a href="${path}.html">${heading} (${path})</a> <span></span></li>\n`)}</ul>
<p>It does not prove that the runs happened. <code>npm run verify -- --site &lt;folder or address&gt;</code> does the same without a browser, and the command beside each value runs it again.</p>`,
  };
}
