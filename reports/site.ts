import { posix } from 'node:path';
import { UserError } from '../harness/errors.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import { badges } from './badges.ts';
import { browserScripts } from './browser.ts';
import { printedIn } from './check.ts';
import { recordScript, targetData } from './data.ts';
import { sha256 } from './digest.ts';
import { raw } from './html.ts';
import { type Shown, type Site, shortName } from './model.ts';
import { claimsPage } from './pages/claims.ts';
import { comparePage } from './pages/compare.ts';
import { historyPage } from './pages/history.ts';
import { documentOf, type SitePage, styles } from './pages/layout.ts';
import { methodPage } from './pages/method.ts';
import { overviewPage } from './pages/overview.ts';
import { profilesPage } from './pages/profiles.ts';
import { runPage, runsPage } from './pages/runs.ts';
import { targetPage } from './pages/target.ts';
import { verifyPage } from './pages/verify.ts';

/** Contents of the files of a site, by path. */
export type SiteFiles = Map<string, string | Uint8Array>;

/** Folder of the pages that follow from specifications alone. */
const specification = 'specification';

/**
 * All files of a site. The same records and code give the same bytes. `recordText`: the exact text of a run's record;
 * `pictureOf`: a PNG of what a run has found, where one was drawn.
 */
export async function filesOf(
  site: Site,
  recordText: (key: string) => string,
  pictureOf: (key: string) => Uint8Array | null = () => null,
): Promise<SiteFiles> {
  expectDistinct(site);
  const files: SiteFiles = new Map();
  const add = (page: SitePage) => files.set(page.path, documentOf(page, site));
  for (const page of [overviewPage(site), claimsPage(site), runsPage(site), profilesPage(site), methodPage()])
    add(page);
  add(comparePage(site));
  add(historyPage(site.histories));
  add(verifyPage(site));
  for (const group of site.groups) {
    for (const shown of group.targets) {
      await addDownloads(files, group.folder, shown);
      const page = withSizes(await targetPage(group.folder, shown, site), files);
      add(page);
      files.set(
        `data/targets/${group.folder}/${shown.view.name}.js`,
        targetData(group.folder, shown, recordText, printedIn(page.body.markup)),
      );
    }
  }
  for (const shown of site.computed) {
    await addDownloads(files, specification, shown);
    add(withSizes(await targetPage(specification, shown, site), files));
  }
  for (const record of site.records) {
    const text = recordText(record.key);
    const picture = pictureOf(record.key);
    if (picture) files.set(`runs/${shortName(record.key)}.png`, picture);
    add(runPage(record, site, picture));
    files.set(`records/${record.key}/record.json`, text);
    files.set(`data/runs/${shortName(record.key)}.js`, recordScript(record.key, text));
  }
  files.set('assets/report.css', styles());
  for (const [name, script] of await browserScripts()) files.set(`assets/${name}`, script);
  for (const [name, content] of badges(site)) files.set(`badges/${name}`, content);
  files.set('data/digests.json', digestsOf(files));
  return files;
}

/** What lies beside a page, for papers and programs; the page itself is the site's own. */
async function addDownloads(files: SiteFiles, folder: string, { view }: Shown): Promise<void> {
  for (const [ending, content] of await kindOf(view).files(view)) {
    if (ending !== 'html') files.set(`${folder}/${view.name}.${ending}`, content);
  }
  files.set(`${folder}/${view.name}.json`, `${JSON.stringify(kindOf(view).json(view), null, 1)}\n`);
}

/** A page whose pictures have the sizes of their SVG: one that knows them moves nothing when they come. */
function withSizes(page: SitePage, files: SiteFiles): SitePage {
  const sized = page.body.markup.replace(/<img src="([^"]+\.svg)"/g, (image, name) => {
    const svg = files.get(posix.join(posix.dirname(page.path), name));
    const [, width, height] = /<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(String(svg)) ?? [];
    return width
      ? `${image} width="${Math.round(Number(width))}" height="${Math.round(Number(height))}"`
      : image;
  });
  return { ...page, body: raw(sized) };
}

/** SHA-256 of every file, and one over all of them: the name of the whole. */
function digestsOf(files: SiteFiles): string {
  const digests = Object.fromEntries([...files].map(([path, content]) => [path, sha256(content)]).sort());
  return `${JSON.stringify({ root: sha256(JSON.stringify(digests)), files: digests }, null, 1)}\n`;
}

function expectDistinct({ records }: Site): void {
  const names = records.map(({ key }) => shortName(key));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UserError(`Two runs have keys that begin with ${twice}: their pages would be one.`);
}
