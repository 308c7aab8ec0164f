import { resolve } from 'node:path';
import { exitCodes, UserError } from '../harness/errors.ts';
import { writeAtomic } from '../harness/record/files.ts';
import { openStore } from '../harness/record/store.ts';
import { jsonText } from '../harness/text.ts';
import { crateOf } from '../reports/crate/write.ts';
import { siteOf } from '../reports/model.ts';
import { shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run export <targets...>`: a crate that can be run again from. */
export const exportVerb: Verb = {
  arguments: '[targets...]',
  description:
    'Writes tables and figures with everything that they rest on into one archive, an RO-Crate with the profile Process Run Crate 0.5: pages, the records of their runs and the files beside them, the manifests of the experiment, each with its digest. `npm run reproduce -- --from <crate>` checks such an archive and runs it again. The same records give the same bytes.',
  options: ['all', 'store', 'experiment', 'data', 'out', 'json'],
  exits: { failed: 'the store cannot be read, or the archive cannot be written' },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_CACHE',
    'COLUMNS',
  ],
  files: ['<store>/runs/<key>/record.json', 'experiments/<experiment>/'],
  examples: [
    ['npm run export table6', 'Table 6 from the runs of this checkout, as crate.zip'],
    [
      'npm run export table2 figure4 -- --store results --out resnet.zip',
      'from the evidence of the repository',
    ],
    ['npm run reproduce -- --from crate.zip', 'runs it again, and compares'],
  ],
  async run(names, options) {
    const { store: folder, experiment, data, all } = options;
    if (names.length === 0 && !all)
      throw new UserError('No table or figure is named.', { fix: 'npm run export table6, or --all' });
    const store = openStore(folder);
    const from = { ...(experiment !== undefined && { experiment }), ...(data !== undefined && { data }) };
    const site = await siteOf({ store: folder, ...from });
    const archive = await crateOf(all ? [] : names, site, store);
    const out = options.out ?? resolve('crate.zip');
    writeAtomic(out, [archive]);
    if (options.json) console.log(jsonText({ file: out, bytes: archive.length }));
    else console.log(`${shortPath(out)}: ${(archive.length / 1e6).toFixed(1)} MB`);
    return exitCodes.pass;
  },
};
