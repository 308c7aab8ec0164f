import { readFileSync, statSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { exitCodes, UserError } from '../../harness/errors.ts';
import { explicit, recordProblem } from '../../harness/record/schema.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { quoted } from '../../harness/text.ts';
import { systemProblem } from '../../ml/data/system.ts';
import { sha256 } from '../digest.ts';
import { type CrateContents, contentsFile, metadataFile } from './types.ts';

/** More than this is no crate of runs: what unpacks to it is refused before it is unpacked. */
const mostBytes = 2 ** 31;

/** A crate that was read: what it holds, and the records of its runs by key. */
export interface Crate {
  contents: CrateContents;
  records: ReadonlyMap<string, JobRecord>;
}

/**
 * Reads a crate into memory and writes nothing. Every file must be listed with its digest and have it, and every record must
 * be what it says. Fails with a `UserError` that names the file.
 */
export function readCrate(file: string): Crate {
  const refuse = (why: string) =>
    new UserError(`${file}: ${why}.`, { fix: 'npm run export -- --all --out crate.zip' });
  const files = unpacked(file, refuse);
  const listed = listedIn(files[metadataFile], refuse);
  for (const name of Object.keys(files)) {
    if (name === metadataFile || name.endsWith('/')) continue;
    const digest = listed.get(name);
    if (digest === undefined) throw refuse(`${quoted(name)} is in it and not in ${metadataFile}`);
    if (sha256(files[name]!) !== digest)
      throw refuse(`${quoted(name)} is not what ${metadataFile} says: its digest differs`);
  }
  for (const name of listed.keys()) if (!files[name]) throw refuse(`${quoted(name)} is missing`);
  const records = new Map<string, JobRecord>();
  for (const [name, content] of Object.entries(files)) {
    const [, key] = /^records\/([0-9a-f]{64})\/record\.json$/.exec(name) ?? [];
    if (key === undefined) continue;
    const record = parsed(content, name, refuse) as JobRecord;
    const problem = recordProblem(record, key);
    if (problem !== null) throw refuse(`${name}: ${problem}`);
    records.set(key, { ...record, identity: explicit(record.identity) });
  }
  return { contents: contentsIn(files, records, refuse), records };
}

type Refuse = (why: string) => UserError;

function unpacked(file: string, refuse: Refuse): Record<string, Uint8Array> {
  let content: Buffer;
  try {
    if (statSync(file).size > mostBytes) throw refuse('it is larger than 2 GiB');
    content = readFileSync(file);
  } catch (error) {
    const problem = error instanceof Error ? systemProblem(error, file) : null;
    if (!problem) throw error;
    throw new UserError(`${file} cannot be read, ${problem.reason}.`, {
      fix: problem.fix,
      exitCode: exitCodes.failed,
    });
  }
  let bytes = 0;
  try {
    return unzipSync(content, {
      filter({ name, originalSize }) {
        bytes += originalSize;
        if (bytes > mostBytes) throw refuse('it unpacks to more than 2 GiB');
        // Nothing is written, but whoever lists the names of a crate should not be misled by them either.
        if (!/^[\w.+ -]+(\/[\w.+ -]*)*$/.test(name) || name.split('/').includes('..'))
          throw refuse(`it holds a file that is named ${quoted(name)}, which no crate does`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw refuse('it is no zip archive, or is damaged');
  }
}

function listedIn(content: Uint8Array | undefined, refuse: Refuse): Map<string, string> {
  if (!content) throw refuse(`it has no ${metadataFile}`);
  const { '@graph': graph } = parsed(content, metadataFile, refuse) as { '@graph'?: unknown };
  if (!Array.isArray(graph)) throw refuse(`${metadataFile} is none of an RO-Crate`);
  const files = graph.filter(each => each?.['@type'] === 'File' && typeof each['@id'] === 'string');
  return new Map(files.map(each => [each['@id'] as string, String(each.sha256)]));
}

function contentsIn(
  files: Record<string, Uint8Array>,
  records: ReadonlyMap<string, JobRecord>,
  refuse: Refuse,
): CrateContents {
  const content = files[contentsFile];
  if (!content) throw refuse(`it has no ${contentsFile}: it is not of npm run export`);
  const value = parsed(content, contentsFile, refuse) as CrateContents;
  const isWhole =
    value.version === 1 &&
    typeof value.experiment === 'string' &&
    Array.isArray(value.targets) &&
    value.targets.every(
      ({ name, profile, backend, runs }) =>
        [name, profile, backend].every(each => typeof each === 'string') && Array.isArray(runs),
    );
  if (!isWhole) throw refuse(`${contentsFile} is none of npm run export`);
  const missing = value.targets.flatMap(({ runs }) => runs).find(key => !records.has(key));
  if (missing !== undefined) throw refuse(`the record of the run ${quoted(missing)} is missing`);
  return value;
}

function parsed(content: Uint8Array, name: string, refuse: Refuse): object {
  try {
    const value: unknown = JSON.parse(Buffer.from(content).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw refuse(`${name} is no JSON object`);
}
