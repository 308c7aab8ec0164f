import { createHash } from 'node:crypto';
import { exitCodes, UserError } from '../harness/errors.ts';
import { quoted } from '../harness/text.ts';
import { browserScripts } from './browser.ts';
import { printedIn } from './check.ts';
import { recordScript, targetData } from './data.ts';
import { type Html, html, raw } from './html.ts';
import type { Group, Shown, Site } from './model.ts';
import { headOf, styles } from './pages/layout.ts';
import { targetPage } from './pages/target.ts';

/** A browser has trouble with more. */
const mostBytes = 5_000_000;

/**
 * A table or figure as one file that holds everything: the page, its records, and the scripts that check it. Of several
 * profiles the one that rests on most runs, unless one is named. Fails with a `UserError` where it is not in the store, or
 * too large.
 */
export async function oneFile(
  name: string,
  profile: string | undefined,
  site: Site,
  recordText: (key: string) => string,
): Promise<string> {
  const { group, shown } = found(name, profile, site);
  const page = await targetPage(group.folder, shown, site);
  const files = await pictures(shown);
  const keys = [...new Set([...shown.jobs, ...shown.beside].map(({ key }) => key))];
  const scripts = [
    ...(await browserScripts()).map(([, script]) => script),
    targetData(group.folder, shown, recordText, printedIn(page.body.markup)),
    ...keys.map(key => recordScript(key, recordText(key))),
  ];
  const sources = scripts.map(script => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  const policy = `default-src 'none'; script-src ${sources.join(' ')}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
  const more = html`<meta name="residuals" content="one file">
<style>${raw(styles())}</style>`;
  const { markup } = html`${headOf(page.title, policy, more)}
<body>
<main id="main">
${within(page.body, files)}
</main>
${scripts.map(script => html`<script>${raw(script)}</script>\n`)}</body>
</html>
`;
  const bytes = Buffer.byteLength(markup);
  if (bytes > mostBytes)
    throw new UserError(
      `${name} would be a file of ${Math.round(bytes / 1e6)} MB; a browser has trouble with more than ${mostBytes / 1e6}.`,
      {
        fix: 'npm run report -- --out site',
      },
    );
  return markup;
}

function found(name: string, profile: string | undefined, { groups }: Site): { group: Group; shown: Shown } {
  const all = groups
    .filter(group => profile === undefined || group.profile === profile)
    .flatMap(group => group.targets.map(shown => ({ group, shown })));
  const own = all.filter(({ shown }) => shown.view.name === name);
  const [most] = own.sort((a, b) => b.shown.view.runs.length - a.shown.view.runs.length);
  if (most) return most;
  const names = [...new Set(all.map(({ shown }) => shown.view.name))];
  throw new UserError(
    `The store has no finished runs of ${quoted(name)}${profile === undefined ? '' : ` under ${profile}`}.`,
    {
      fix: names.length > 0 ? `--one-file ${names.join(' or ')}` : `npm run reproduce ${name}`,
      exitCode: exitCodes.usage,
    },
  );
}

async function pictures({ view }: Shown): Promise<Map<string, string>> {
  if (view.kind !== 'figure') return new Map();
  const { kindOf } = await import('../paper-tables/kinds.ts');
  const svg = (await kindOf(view).files(view)).get('svg');
  return new Map([[`${view.name}.svg`, `data:image/svg+xml;base64,${Buffer.from(svg!).toString('base64')}`]]);
}

/** A page whose pictures are in it and whose links lead nowhere else. */
function within({ markup }: Html, files: ReadonlyMap<string, string>): Html {
  return raw(
    markup
      .replace(/<img src="([^"]*)"/g, (whole, name) =>
        files.has(name) ? `<img src="${files.get(name)}"` : whole,
      )
      .replace(/<a href="(?!#)[^"]*">(.*?)<\/a>/gs, '$1')
      .replace(/<p>Files: .*?<\/p>/s, ''),
  );
}
