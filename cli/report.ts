import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { exitCodes, UserError } from '../harness/errors.ts';
import { readIfThere, writeAtomic } from '../harness/record/files.ts';
import { jobFiles, openStore } from '../harness/record/store.ts';
import { jsonText } from '../harness/text.ts';
import { siteOf } from '../reports/model.ts';
import { publishSite, rootOf } from '../reports/publish.ts';
import { filesOf } from '../reports/site.ts';
import { withFix } from './errors.ts';
import { count, shortPath } from './format.ts';
import { remarkFor } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run report`: a folder of pages from the records of a store. */
export const reportVerb: Verb = {
  arguments: '',
  description:
    'Writes a folder of plain pages from the records of a store: every table and figure beside the paper, with the evidence of each value behind an address of its own, all claims, all runs. The pages open from a disk, need no script, load nothing from elsewhere, and check themselves against the records that come with them. The same records give the same bytes.',
  options: ['store', 'experiment', 'profile', 'data', 'out', 'one-file', 'pdf', 'open', 'json'],
  exits: { failed: 'the store cannot be read, or the folder cannot be written' },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_CACHE',
    'COLUMNS',
  ],
  files: ['<store>/runs/<key>/record.json', '<store>/shown/<key>.png', 'experiments/<experiment>/'],
  examples: [
    ['npm run report', 'from the runs of this checkout, into site/'],
    ['npm run report -- --store results --out site', 'from the evidence that comes with the repository'],
    ['npm run report -- --one-file table6', 'a table with its records and its check, to send to somebody'],
    ['npm run verify -- --site site', 'derives every value of a site again'],
  ],
  async run(_, options) {
    const remark = remarkFor(options);
    const { store: folder, experiment, data, oneFile: name, profile } = options;
    const out = options.out ?? resolve(name === undefined ? 'site' : `${name}.html`);
    if (name === undefined && profile !== undefined)
      throw new UserError('--profile chooses the page of --one-file; a site has all profiles.', {
        fix: 'leave out --profile, or give --one-file <target>',
      });
    const store = openStore(folder);
    remark('Reading the records ...');
    const from = { ...(experiment !== undefined && { experiment }), ...(data !== undefined && { data }) };
    const site = await siteOf({ store: folder, ...from });
    const recordText = (key: string) => readFileSync(join(store.jobFolder(key), jobFiles.record), 'utf8');
    if (name !== undefined) {
      const content = await (await import('../reports/one-file.ts')).oneFile(name, profile, site, recordText);
      writeAtomic(out, [content]);
      if (options.json) console.log(jsonText({ file: out, bytes: Buffer.byteLength(content) }));
      else console.log(shortPath(out));
      if (options.open) await openInBrowser(out);
      return exitCodes.pass;
    }
    const files = await filesOf(site, recordText, key =>
      readIfThere(join(store.folder, 'shown', `${key}.png`)),
    );
    if (options.pdf) {
      remark('Printing report.pdf ...');
      files.set('report.pdf', await (await import('../reports/pdf.ts')).pdfOf(site, files));
    }
    publishSite(files, out);
    if (options.open) await openInBrowser(join(out, 'index.html'));
    const root = rootOf(files);
    if (options.json)
      console.log(jsonText({ folder: out, files: files.size, runs: site.records.length, root }));
    else
      console.log(
        `${shortPath(out)}: ${count(files.size, 'file')} from ${count(site.records.length, 'run')}, sha256 ${root.slice(0, 12)}\nOpen ${shortPath(join(out, 'index.html'))} in a browser.`,
      );
    for (const { problem, fix } of site.unusable) console.error(`\n${withFix(problem, fix)}`);
    return site.unusable.length > 0 ? exitCodes.usage : exitCodes.pass;
  },
};

/** The command that opens a file as a double click does. */
async function openInBrowser(file: string): Promise<void> {
  const known: Record<string, [string, ...string[]]> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  };
  const [program, ...args] = known[process.platform] ?? ['xdg-open'];
  const { failed } = await execa(program, [...args, file], { reject: false, stdio: 'ignore' });
  if (failed)
    throw new UserError(`${program} did not open ${file}.`, {
      fix: `open ${file} in a browser`,
      exitCode: exitCodes.failed,
    });
}
