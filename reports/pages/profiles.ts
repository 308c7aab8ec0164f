import { printable } from '../../paper-tables/printable.ts';
import { html } from '../html.ts';
import type { Site } from '../model.ts';
import type { SitePage } from './layout.ts';

/** What each profile departs from the paper by, once for all tables and figures that share it. */
export function profilesPage({ groups }: Site): SitePage {
  const profiles = [...new Set(groups.map(({ profile }) => profile))];
  return {
    path: 'profiles.html',
    title: 'Profiles',
    body: html`<h1>Profiles</h1>
<p>A profile is a list of departures from the paper; each is printed under the results that it touches.</p>
${profiles.map(profile => {
  const targets = groups.filter(each => each.profile === profile).flatMap(({ targets }) => targets);
  const summaries = [...new Set(targets.map(({ target }) => target.profileSummary))];
  const departures = new Map<string, Set<string>>();
  for (const { target } of targets)
    for (const { text, for: only } of target.deviations) {
      const who = departures.get(text) ?? new Set();
      for (const name of only ?? []) who.add(name);
      departures.set(text, who);
    }
  return html`<h2 id="${profile}">${profile}</h2>
${summaries.map(text => html`<p>${text}.</p>\n`)}
<ul>
${printable([...departures].map(([text, who]) => [text, [...who].join(', ')] as const)).map(
  ([text, who]) => html`<li>${who === '' ? '' : `${who}: `}${text}</li>\n`,
)}</ul>
${departures.size === 0 ? html`<p>None: the paper to the letter, where it says what it did.</p>` : null}`;
})}`,
  };
}
