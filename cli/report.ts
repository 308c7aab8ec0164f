import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../harness/errors.ts';
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
  options: ['store', 'experiment', 'data', 'out', 'json'],
  exits: { failed: 'the store cannot be read, or the folder cannot be written' },
  environment: ['RESIDUALS_CIFAR10', 'RESIDUALS_IMAGENET', 'RESIDUALS_CACHE', 'COLUMNS'],
  files: ['<store>/runs/<key>/record.json', 'experiments/<experiment>/'],
  examples: [
    ['npm run report', 'from the runs of this checkout, into site/'],
    ['npm run report -- --store results --out site', 'from the evidence that comes with the repository'],
    ['npm run verify -- --site site', 'derives every value of a site again'],
  ],
  async run(_, options) {
    const remark = remarkFor(options);
    const { store: folder, experiment, data, out = join(process.cwd(), 'site') } = options;
    const store = openStore(folder);
    remark('Reading the records ...');
    const from = { ...(experiment !== undefined && { experiment }), ...(data !== undefined && { data }) };
    const site = await siteOf({ store: folder, ...from });
    const files = await filesOf(site, key =>
      readFileSync(join(store.jobFolder(key), jobFiles.record), 'utf8'),
    );
    publishSite(files, out);
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
