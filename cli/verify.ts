import { exitCodes, UserError } from '../harness/errors.ts';
import { jsonText } from '../harness/text.ts';
import { verifySite } from '../reports/verify.ts';
import { count } from './format.ts';
import { remarkFor } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run verify -- --site <folder>`: whether a site follows from its records. */
export const verifyVerb: Verb = {
  arguments: '',
  description:
    'Checks a site that `npm run report` has made, in a folder or at an address: every file has the digest that the site says, every record is what its key and its result stand for, and every table, figure and claim follows from the records. Names each file, cell or claim that does not.',
  options: ['site', 'json'],
  exits: { differs: 'something does not follow from the records', failed: 'the site cannot be read' },
  environment: ['HTTPS_PROXY', 'COLUMNS'],
  files: [],
  examples: [
    ['npm run verify -- --site site', 'a folder'],
    ['npm run verify -- --site https://example.org/report/', 'what a lab has published'],
  ],
  async run(_, options) {
    const { site } = options;
    if (site === undefined)
      throw new UserError('No site is named.', { fix: 'npm run verify -- --site site' });
    const remark = remarkFor(options);
    const { pages, files, records, problems } = await verifySite(site, remark);
    if (options.json) console.log(jsonText({ site, pages, files, records, problems }));
    else {
      for (const problem of problems) console.log(`✕ ${problem}`);
      const of = `${count(files, 'file')}, ${count(records, 'record')}, ${count(pages, 'page')} derived again`;
      console.log(
        problems.length === 0
          ? `✓ ${of}: all as the site says.`
          : `✕ ${count(problems.length, 'problem')} in ${of}.`,
      );
    }
    return problems.length === 0 ? exitCodes.pass : exitCodes.differs;
  },
};
