import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { UserError } from '../../harness/errors.ts';
import { jobFiles, type Store } from '../../harness/record/store.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { quoted } from '../../harness/text.ts';
import { kindOf } from '../../paper-tables/kinds.ts';
import type { Site } from '../model.ts';
import { metadataOf } from './metadata.ts';
import { type CrateContents, type CrateFiles, contentsFile, metadataFile } from './types.ts';

/**
 * Tables and figures with all that they rest on, as a zipped RO-Crate: their pages, the records of their runs and the files
 * beside them, the experiment's manifests. The same records give the same bytes. Fails with a `UserError` for a name that
 * has no finished runs.
 */
export async function crateOf(names: readonly string[], site: Site, store: Store): Promise<Uint8Array> {
  const files: CrateFiles = new Map();
  const contents: CrateContents = { version: 1, experiment: site.experiment.id, targets: [] };
  const records = new Map<string, JobRecord>();
  for (const { profile, backend, folder, targets } of site.groups) {
    for (const { view, jobs } of targets.filter(
      each => names.length === 0 || names.includes(each.view.name),
    )) {
      for (const [ending, content] of await kindOf(view).files(view))
        files.set(`pages/${folder}/${view.name}.${ending}`, Buffer.from(content));
      const own = jobs.map(({ key }) => key);
      for (const key of own) records.set(key, site.records.find(each => each.key === key)!);
      contents.targets.push({ name: view.name, profile, backend, runs: jobs.map(({ key }) => key) });
    }
  }
  const known = new Set(contents.targets.map(({ name }) => name));
  const missing = names.find(name => !known.has(name));
  if (missing !== undefined)
    throw new UserError(`${store.folder} has no finished runs of ${quoted(missing)}.`, {
      fix: `npm run reproduce ${missing}`,
    });
  const sorted = [...records.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const record of sorted) addRecord(files, record, store);
  for (const name of readdirSync(site.experiment.folder, { recursive: true, encoding: 'utf8' }).sort())
    if (/\.(json|yaml)$/.test(name))
      files.set(`experiment/${name.replaceAll('\\', '/')}`, readFileSync(join(site.experiment.folder, name)));
  files.set(contentsFile, Buffer.from(`${JSON.stringify(contents, null, 1)}\n`));
  files.set(metadataFile, Buffer.from(metadataOf(site, sorted, files)));
  return zipSync(Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1))), {
    level: 6,
    mtime: new Date('1980-01-01T00:00:00'), // no clock in what is derived
  });
}

function addRecord(files: CrateFiles, { key, result }: JobRecord, store: Store): void {
  files.set(`records/${key}/record.json`, readFileSync(join(store.jobFolder(key), jobFiles.record)));
  for (const name of Object.keys(result.artefacts)) {
    const content = store.artefact(key, name);
    if (content) files.set(`records/${key}/${name}`, content);
  }
}
