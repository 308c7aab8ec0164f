import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../harness/checkout.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { printable } from '../../paper-tables/printable.ts';
import { sha256 } from '../digest.ts';
import type { Site } from '../model.ts';
import { type CrateFiles, metadataFile } from './types.ts';

type Entity = { '@id': string; '@type': string | string[] } & Record<string, unknown>;

const processProfile = 'https://w3id.org/ro/wfrun/process/0.5';

/** The description of a crate: RO-Crate 1.1 with the profile Process Run Crate 0.5, one action for each run. */
export function metadataOf(site: Site, records: readonly JobRecord[], files: CrateFiles): string {
  const paths = [...files.keys()];
  const latest = records
    .map(({ provenance }) => provenance.finishedAt)
    .sort()
    .at(-1)!;
  const engines = [...new Set(records.map(({ provenance }) => provenance.session.version))];
  const data = [...new Set(records.map(({ identity }) => identity.inputs.data))];
  const graph: Entity[] = [
    {
      '@id': metadataFile,
      '@type': 'CreativeWork',
      conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' },
      about: { '@id': './' },
    },
    {
      '@id': './',
      '@type': 'Dataset',
      name: `${site.experiment.title}: runs and results`,
      description: `Tables and figures of ${site.experiment.citation}, the ${records.length} runs that they rest on, and what is needed to run them again with Residuals.`,
      datePublished: latest,
      license: { '@id': 'https://spdx.org/licenses/Apache-2.0' },
      conformsTo: [{ '@id': processProfile }],
      hasPart: paths.map(ref),
      mentions: records.map(({ key }) => ref(`#run-${key}`)),
    },
    { '@id': processProfile, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' },
    { '@id': 'https://spdx.org/licenses/Apache-2.0', '@type': 'CreativeWork', name: 'Apache License 2.0' },
    ...software(records),
    ...engines.map(engine => ({
      '@id': `#engine-${engine.replace(/[^\w.-]+/g, '-')}`,
      '@type': 'SoftwareApplication',
      name: engine,
      version: engine.split(' ').at(-1),
      url: 'https://www.npmjs.com/',
    })),
    agent(),
    ...data.map(digest => ({
      '@id': `#data-${digest.slice(0, 16)}`,
      '@type': 'CreativeWork',
      name: `data set with the digest ${digest}`,
      identifier: digest,
    })),
    ...paths.map(path => fileEntity(path, files.get(path)!)),
    ...records.map(record => action(printable(record), paths)),
  ];
  return `${JSON.stringify({ '@context': ['https://w3id.org/ro/crate/1.1/context', { sha256: 'https://w3id.org/ro/terms/workflow-run#sha256' }], '@graph': graph }, null, 1)}\n`;
}

function ref(id: string) {
  return { '@id': id };
}

/** One for each state of the code that computed something. */
function software(records: readonly JobRecord[]): Entity[] {
  return [...new Set(records.map(commitOf))].map(commit => ({
    '@id': `#residuals-${commit}`,
    '@type': 'SoftwareApplication',
    name: 'Residuals',
    softwareVersion: commit,
    version: commit,
  }));
}

function commitOf({ provenance }: JobRecord): string {
  const last = provenance.code.at(-1)!;
  return `${last.commit ?? 'unknown'}${last.dirty ? '-dirty' : ''}`;
}

/** Who is cited for the software is who has run it, as far as anybody says. */
function agent(): Entity {
  const { authors } = parse(readFileSync(join(root, 'CITATION.cff'), 'utf8')) as {
    authors: { name?: string }[];
  };
  return { '@id': '#agent', '@type': 'Organization', name: authors[0]?.name ?? 'unknown' };
}

function fileEntity(path: string, content: Uint8Array): Entity {
  const ending = path.split('.').at(-1)!;
  return {
    '@id': path,
    '@type': 'File',
    name: path,
    encodingFormat: formats[ending] ?? 'application/octet-stream',
    contentSize: String(content.length),
    sha256: sha256(content),
  };
}

const formats: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  csv: 'text/csv',
  md: 'text/markdown',
  html: 'text/html',
  tex: 'application/x-tex',
  svg: 'image/svg+xml',
  png: 'image/png',
};

function action(record: JobRecord, paths: readonly string[]): Entity {
  const { key, network, identity, provenance } = record;
  const own = `records/${key}/`;
  const seed = identity.kind === 'train' ? `, seed ${identity.seed}` : '';
  return {
    '@id': `#run-${key}`,
    '@type': 'CreateAction',
    name: `${network}${seed}`,
    description: provenance.command,
    instrument: ref(`#residuals-${commitOf(record)}`),
    object: [ref(`#data-${identity.inputs.data.slice(0, 16)}`)],
    result: paths.filter(path => path.startsWith(own)).map(ref),
    startTime: provenance.startedAt,
    endTime: provenance.finishedAt,
    agent: ref('#agent'),
    actionStatus: { '@id': 'http://schema.org/CompletedActionStatus' },
  };
}
