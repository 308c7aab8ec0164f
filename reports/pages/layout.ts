import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { count } from '../../paper-tables/numbers.ts';
import { type Html, html } from '../html.ts';
import { fullestOf, type Site } from '../model.ts';

/** A page of the site: where it lies, what is in it. */
export interface SitePage {
  /** From the root of the site. */
  path: string;
  title: string;
  body: Html;
}

/** Nothing is loaded from anywhere else, nothing is sent, and no script stands in a page. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/** The style sheet of all pages. */
export function styles(): string {
  return readFileSync(join(import.meta.dirname, '..', 'assets', 'report.css'), 'utf8');
}

/** How every document begins. `policy`: what a browser lets it load and run; `more`: styles and scripts. */
export function headOf(title: string, policy: string, more: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="${icon}">
<title>${title}</title>
${more}
</head>`;
}

/** A shortcut around a block. Without an icon browsers ask the server for one, outside of the site's folder. */
const icon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E%3Cg fill=%22none%22 stroke=%22%230060a0%22 stroke-width=%222%22%3E%3Cpath d=%22M5 1v14M5 2.5q8 0 8 5.5t-8 5.5%22/%3E%3Cpath fill=%22%230060a0%22 d=%22M3 6h4v4H3z%22/%3E%3C/g%3E%3C/svg%3E';

/** The document around a page. */
export function documentOf({ path, title, body }: SitePage, site: Site): string {
  const up = '../'.repeat(path.split('/').length - 1);
  const { markup } = html`${headOf(
    title,
    policy,
    html`<link rel="stylesheet" href="${up}assets/report.css">
<script src="${up}assets/report.js" defer></script>`,
  )}
<body>
<a class="skip" href="#main">To the content</a>
<header>
<nav aria-label="Site">
${linksOf(site).map(({ to, text }) => html`<a href="${up}${to}"${current(to, path)}>${text}</a>\n`)}</nav>
</header>
<main id="main">
${body}
</main>
<footer><p>Made by <code>npm run report</code> from the records of ${count(site.records.length, 'run')}. Every number is published, with its page in the paper, or recorded by a run; all else is derived, and <a href="${up}verify.html">can be checked here</a>.</p></footer>
</body>
</html>
`;
  return markup;
}

function linksOf(site: Site): { to: string; text: string }[] {
  const shown = [
    ...site.computed.map(({ view }) => ({ to: `specification/${view.name}.html`, text: view.heading })),
    ...fullestOf(site).map(({ folder, shown: { view } }) => {
      return { to: `${folder}/${view.name}.html`, text: view.heading };
    }),
  ];
  const { compare } = new Intl.Collator('en', { numeric: true });
  return [
    { to: 'index.html', text: 'Overview' },
    ...shown.sort((a, b) => compare(a.text.replace(/^F/, 'z'), b.text.replace(/^F/, 'z'))),
    { to: 'claims.html', text: 'Claims' },
    { to: 'runs.html', text: 'Runs' },
    { to: 'history.html', text: 'History' },
    { to: 'profiles.html', text: 'Profiles' },
    { to: 'method.html', text: 'Method' },
    { to: 'verify.html', text: 'Verify' },
  ];
}

function current(to: string, path: string): Html | null {
  return to === path ? html` aria-current="page"` : null;
}
