import { exitCodes, UserError } from '../harness/errors.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { jsonText, quoted } from '../harness/text.ts';
import { shellWord } from '../ml/shell.ts';
import { type Verified, verifySite } from '../reports/verify.ts';
import { againText, type Published, runAgain } from './again.ts';
import { count } from './format.ts';
import type { Options } from './options.ts';
import { remarkFor } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run verify -- --site <folder>`: whether a site follows from its records. */
export const verifyVerb: Verb = {
  arguments: '[targets...]',
  description:
    'Checks a site that `npm run report` has made, in a folder or at an address: every file has the digest that the site says, every record is what its key and its result stand for, and every table, figure and claim follows from the records. Names each file, cell or claim that does not. With --rerun what the site holds of the named tables and figures is run again here, in a folder of the store for that, and compared.',
  options: [
    'site',
    'rerun',
    'profile',
    'rows',
    'device',
    'variant',
    'jobs',
    'store',
    'data',
    'checkpoint-seconds',
    'json',
  ],
  exits: {
    differs:
      'something does not follow from the records, or a run ends in other bytes on the same class of machine',
    inconclusive: 'under --rerun, runs of another class of machine, where bytes say nothing',
    failed: 'the site cannot be read, or a run failed',
  },
  environment: ['RESIDUALS_CIFAR10', 'RESIDUALS_CACHE', 'HTTPS_PROXY', 'COLUMNS'],
  files: [],
  examples: [
    ['npm run verify -- --site site', 'a folder'],
    ['npm run verify -- --site https://example.org/report/', 'what a lab has published'],
    [
      'npm run verify table6 -- --site site --rerun --rows ResNet-20',
      'and whether its runs end in the same bytes here',
    ],
  ],
  async run(names, options) {
    const { site, rerun } = options;
    if (site === undefined)
      throw new UserError('No site is named.', { fix: 'npm run verify -- --site site' });
    if (!rerun === names.length > 0)
      throw new UserError(
        rerun ? '--rerun: no table or figure is named.' : '--rerun is missing: a site is checked as a whole.',
        {
          fix: `npm run verify table6 -- --site ${shellWord(site)} --rerun`,
        },
      );
    const remark = remarkFor(options);
    const verified = await verifySite(site, remark);
    const { pages, files, records, problems } = verified;
    const again =
      rerun && problems.length === 0
        ? await runAgain(
            publishedIn(site, verified, names, options),
            options,
            `npm run verify ${names.join(' ')} -- --site ${shellWord(site)} --rerun`,
          )
        : null;
    if (options.json) {
      console.log(jsonText({ site, pages, files, records, problems, ...(again && { runs: again.runs }) }));
    } else {
      for (const problem of problems) console.log(`✕ ${problem}`);
      const of = `${count(files, 'file')}, ${count(records, 'record')}, ${count(pages, 'page')} derived again`;
      console.log(
        problems.length === 0
          ? `✓ ${of}: all as the site says.`
          : `✕ ${count(problems.length, 'problem')} in ${of}.`,
      );
    }
    if (again && again.runs.length > 0 && !options.json) console.log(againText(again.runs, site));
    return problems.length > 0 ? exitCodes.differs : (again?.exitCode ?? exitCodes.pass);
  },
};

/**
 * What a site holds of the named tables and figures: under the profile where one is named, else of each the page that rests
 * on most runs. Nobody who names a table means all profiles and backends that the site has it of.
 */
function publishedIn(
  site: string,
  { data, recordOf }: Verified,
  names: readonly string[],
  { profile }: Options,
): Published {
  const found = names.flatMap(name => {
    const pages = [...data.values()].filter(
      ({ target }) => target.name === name && (profile === undefined || target.profile === profile),
    );
    return pages.sort((a, b) => b.jobs.length - a.jobs.length).slice(0, 1);
  });
  const missing = names.find(name => !found.some(({ target }) => target.name === name));
  if (missing !== undefined)
    throw new UserError(`${site} has no runs of ${quoted(missing)}${profile ? ` under ${profile}` : ''}.`, {
      fix: `name some of: ${[...new Set([...data.values()].map(({ target }) => target.name))].join(', ')}`,
    });
  const records = new Map<string, JobRecord>();
  const targets = found.map(({ target, jobs }) => {
    const own = jobs.flatMap(({ key }) => recordOf(key) ?? []);
    for (const record of own) records.set(record.key, record);
    const backend = own[0]?.identity.backend ?? '';
    return { name: target.name, profile: target.profile, backend, runs: own.map(({ key }) => key) };
  });
  return { name: site, experiment: found[0]!.target.experiment.id, targets, records };
}
