import { markedWord } from '../../paper-tables/verdicts.ts';
import { html } from '../html.ts';
import type { SitePage } from './layout.ts';

/** How verdicts are reached, and what the words mean. */
export function methodPage(): SitePage {
  return {
    path: 'method.html',
    title: 'Method',
    body: html`<h1>Method</h1>
<h2>Values</h2>
<p>A number here is either published, transcribed once with its table and page, or recorded by a run. Means, standard deviations, intervals and verdicts are derived from these each time, by the code that <a href="verify.html">checks this site</a>.</p>
<h2>Cells</h2>
<dl>
<dt>${markedWord('reproduced')}</dt><dd>The mean of ours is shown to lie within the margin of a published mean (two one-sided tests).</dd>
<dt>${markedWord('consistent')}</dt><dd>One more run of ours is shown to lie within the resolution of a published single run.</dd>
<dt>${markedWord('differs')}</dt><dd>It is shown to lie beyond the margin; at most 5% wrong over all cells that are judged together (Holm).</dd>
<dt>${markedWord('inconclusive')}</dt><dd>None of these, or fewer than three seeds.</dd>
<dt>${markedWord('scaled-down')}</dt><dd>Not the paper’s protocol: not comparable with its value.</dd>
</dl>
<p>Verdicts are read at 3, 5, 8, 12 and 20 seeds, with p-values corrected for each further look. Margins, resolutions and numbers of seeds are fixed before the first run; the store keeps what was fixed, and when.</p>
<h2>Claims</h2>
<p>A claim is tested over all the networks that it speaks of. All claims of a profile are one family of tests (Holm). Under a profile that is not the paper’s, the words name the scale: ${markedWord('seen at this scale')}, ${markedWord('not seen at this scale')}, ${markedWord('reversed at this scale')}.</p>
<h2>What this does not show</h2>
<p>That bytes, keys and derivations agree does not prove that the runs happened. The command beside each value runs it again.</p>`,
  };
}
