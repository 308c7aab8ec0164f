import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { exitCodes, UserError } from '../harness/errors.ts';
import { writeAtomic } from '../harness/record/files.ts';
import { type Html, html, raw } from './html.ts';
import { fullestOf, type Site } from './model.ts';
import { claimsPage } from './pages/claims.ts';
import { headOf, styles } from './pages/layout.ts';
import { overviewPage } from './pages/overview.ts';
import { targetPage } from './pages/target.ts';
import type { SiteFiles } from './site.ts';

/** What Chromium is called where it is installed. */
const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'] as const;

/**
 * The tables, figures and claims of a site as a PDF, of each the page that rests on most runs, printed by Chromium: a tagged
 * document with real text and an outline. Fails with a `UserError` where there is no browser, or it does not print.
 */
export async function pdfOf(site: Site, files: SiteFiles): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-pdf-'));
  try {
    const [page, pdf] = [join(folder, 'report.html'), join(folder, 'report.pdf')];
    writeAtomic(page, [await printed(site, files)]);
    const options = ['--headless=new', '--disable-gpu', `--user-data-dir=${join(folder, 'profile')}`];
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const print = [`--print-to-pdf=${pdf}`, '--no-pdf-header-footer', '--generate-pdf-document-outline'];
    await execa(await browser(), [...options, ...sandbox, ...print, pathToFileURL(page).href], {
      timeout: 120_000,
    }).catch(error => {
      throw new UserError(`Chromium did not print: ${(error as Error).message.split('\n')[0]}.`, {
        exitCode: exitCodes.failed,
      });
    });
    return readFileSync(pdf);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function browser(): Promise<string> {
  for (const name of browsers) {
    const { exitCode } = await execa(name, ['--version'], { reject: false });
    if (exitCode === 0) return name;
  }
  throw new UserError(`--pdf needs a browser that prints; none of ${browsers.join(', ')} is here.`, {
    fix: 'apt-get install chromium',
    exitCode: exitCodes.failed,
  });
}

async function printed(site: Site, files: SiteFiles): Promise<string> {
  const targets = fullestOf(site);
  const computed = site.computed.map(shown => ({ folder: 'specification', shown }));
  const parts = [overviewPage(site).body];
  for (const { folder, shown } of [...targets, ...computed])
    parts.push(withPictures((await targetPage(folder, shown, site)).body, folder, files));
  parts.push(claimsPage(site).body);
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const own = 'section.part { break-before: page; } [data-check] { display: none; }';
  const { markup } = html`${headOf(
    `${site.experiment.title}: reproduced`,
    policy,
    html`<style>${raw(styles())}\n${own}</style>`,
  )}
<body><main>
${parts.map((part, i) => html`<section${i > 0 ? html` class="part"` : null}>${unlinked(part)}</section>\n`)}
</main></body></html>
`;
  return markup;
}

function withPictures({ markup }: Html, folder: string, files: SiteFiles): Html {
  return raw(
    markup.replace(/<img src="([^"]*)"/g, (_, name) => {
      const content = files.get(`${folder}/${name}`) ?? '';
      return `<img src="data:image/svg+xml;base64,${Buffer.from(content).toString('base64')}"`;
    }),
  );
}

/** Paper has no links; ids of one page are not those of another. */
function unlinked({ markup }: Html): Html {
  return raw(markup.replace(/<a href="[^"]*">(.*?)<\/a>/gs, '$1').replace(/ id="[^"]*"/g, ''));
}
