import { createHash } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAbsent, systemProblem } from '../../ml/data/system.ts';
import { flag, npmRun } from '../command.ts';
import { UserError } from '../errors.ts';
import { quoted } from '../text.ts';
import { readCheckpointHeader } from './checkpoint.ts';
import {
  atOnce,
  isNamedWrongly,
  listIfThere,
  makeFolder,
  readError,
  readIfThere,
  readLongIfThere,
  remove,
  setAside,
  sweep,
  writeAtomic,
  writeError,
} from './files.ts';
import { explicit, recordProblem } from './schema.ts';
import { type JobRecord, version } from './types.ts';

/**
 * A folder with `store.json` (the version it is written in), `runs/<key>/` (what a job leaves) and
 * `rendered/<experiment>/<profile>/<backend>/`. Nothing is created before something is written.
 */
export interface Store {
  /** Absolute. */
  readonly folder: string;
  jobFolder(key: string): string;
  renderedFolder(experiment: string, profile: string, backend: string): string;
  /** The verified record of a finished job, its spec with all fields, or what is wrong with it; null when there is none. */
  read(key: string): Reading | null;
  /** The same, failing with a `UserError` where the record cannot be used. */
  record(key: string): JobRecord | null;
  /** All records that can be used, by key, and those that cannot. */
  list(): { records: JobRecord[]; unusable: Unusable[] };
  /** A file that the job's record vouches for, verified; null when it is not there or is another. */
  artefact(key: string, file: string): Uint8Array | null;
  /** Units done according to the job's checkpoint; null when there is none. */
  done(key: string): number | null;
  /** The same of an attempt to compute a recorded job again; null when there is none that can be resumed. */
  doneAgain(record: JobRecord): number | null;
  /** Removes what a crash has left beside a record, and gives its files their names; only for who holds the job's lock. */
  tidy(record: JobRecord): void;
  /** Keys of all jobs that have left anything, in order. */
  keys(): string[];
  /** The one key that begins with `prefix`; fails when there is none, or more than one. */
  find(prefix: string): string;
  /** Writes artefacts and record so that a crash leaves an old or a new record with its own files; the checkpoint goes. */
  write(record: JobRecord, artefacts?: Readonly<Record<string, readonly Uint8Array[]>>): void;
}

/** What came of reading a record. */
export type Reading = { record: JobRecord } | Unusable;

/** A record that cannot be used: which file, why, and what helps. */
export interface Unusable {
  key: string;
  problem: string;
  fix: string;
}

/** Files of a job, by what they are. */
export const jobFiles = {
  record: 'record.json',
  events: 'events.jsonl',
  checkpoint: 'checkpoint.bin',
  trace: 'trace.txt',
} as const;

/** Opens a store. Fails with a `UserError` when an earlier version of this project wrote it. */
export function openStore(folder: string): Store {
  const store = new FolderStore(resolve(folder));
  expectFolder(store.folder);
  store.expectVersion();
  return store;
}

/** The version a store is written in; null for one that holds nothing. */
export function storeVersion(folder: string): number | null {
  // Looked at first: another process may be making the store, and writes its mark before anything else.
  const parts = listIfThere(folder);
  const marker = readIfThere(join(folder, 'store.json'));
  if (marker) {
    try {
      const { version: found } = JSON.parse(marker.toString()) as { version: unknown };
      if (typeof found === 'number') return found;
    } catch {}
    throw new UserError(`${join(folder, 'store.json')}: expected {"version": ${version}}.`, {
      fix: `${setAside(join(folder, 'store.json'))} && ${npmRun('migrate', [], flag('store', folder))}`,
    });
  }
  return ['runs', 'evaluations'].some(part => parts.includes(part)) ? 1 : null;
}

/** Marks a store as written in the present version, and removes what an interrupted mark has left. */
export function markStore(folder: string): void {
  makeFolder(folder);
  sweep(folder);
  const marker = join(folder, 'store.json');
  if (!existsSync(marker)) writeAtomic(marker, [`${JSON.stringify({ version })}\n`]);
}

/** What was found good, by file: a command reads a record for its plan and again for its pages. */
const verified = new Map<string, { text: Buffer; record: JobRecord }>();

/** The suffix of an artefact whose record is being written. */
const next = '.next';

class FolderStore implements Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  expectVersion(): void {
    const found = storeVersion(this.folder);
    if (found === null || found === version) return;
    const what =
      found < version
        ? `was written by an earlier version of this project (store version ${found}, now ${version})`
        : `was written by a later version of this project (store version ${found}, this one reads ${version})`;
    throw new UserError(`${this.folder} ${what}.`, {
      fix: found < version ? npmRun('migrate', [], flag('store', this.folder)) : 'git pull',
    });
  }

  jobFolder(key: string): string {
    return join(this.folder, 'runs', key);
  }

  renderedFolder(experiment: string, profile: string, backend: string): string {
    return join(this.folder, 'rendered', experiment, profile, backend);
  }

  read(key: string): Reading | null {
    const file = join(this.jobFolder(key), jobFiles.record);
    const text = readIfThere(file);
    if (text === null) return null;
    const last = verified.get(file);
    if (last?.text.equals(text)) return { record: last.record };
    let value: unknown;
    try {
      value = JSON.parse(text.toString('utf8'));
    } catch (error) {
      return unusable(key, file, `it is half-written or was edited: ${quoted((error as Error).message)}`);
    }
    const problem = problemOf(value, key);
    if (problem !== null) return unusable(key, file, problem);
    const record = value as JobRecord;
    const read = { ...record, identity: explicit(record.identity) };
    verified.set(file, { text, record: read });
    return { record: read };
  }

  record(key: string): JobRecord | null {
    const reading = this.read(key);
    if (reading === null || 'record' in reading) return reading?.record ?? null;
    throw new UserError(reading.problem, { fix: reading.fix });
  }

  list(): { records: JobRecord[]; unusable: Unusable[] } {
    const records: JobRecord[] = [];
    const bad: Unusable[] = [];
    for (const key of this.keys()) {
      const reading = readingOf(key, () => this.read(key));
      if (reading === null) continue;
      if ('record' in reading) records.push(reading.record);
      else bad.push(reading);
    }
    return { records, unusable: bad };
  }

  artefact(key: string, file: string): Uint8Array | null {
    const reading = this.read(key);
    const artefacts = reading && 'record' in reading ? reading.record.result.artefacts : {};
    const digest = Object.hasOwn(artefacts, file) ? artefacts[file] : undefined;
    if (digest === undefined) return null;
    const folder = this.jobFolder(key);
    for (const name of [file, `${file}${next}`]) {
      const content = readLongIfThere(join(folder, name));
      if (sha256(content) === digest) return content;
    }
    return null;
  }

  done(key: string): number | null {
    return readCheckpointHeader(join(this.jobFolder(key), jobFiles.checkpoint), key)?.done ?? null;
  }

  doneAgain({ key, provenance }: JobRecord): number | null {
    try {
      const header = readCheckpointHeader(join(this.jobFolder(key), jobFiles.checkpoint), key);
      // A crash leaves that of the attempt which the record is of.
      return header && header.attempts.startedAt !== provenance.startedAt ? header.done : null;
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }

  tidy(record: JobRecord): void {
    const folder = this.jobFolder(record.key);
    sweep(folder);
    for (const file of listIfThere(folder).filter(name => name.endsWith(next))) {
      const name = file.slice(0, -next.length);
      const digest = Object.hasOwn(record.result.artefacts, name) ? record.result.artefacts[name] : undefined;
      if (digest !== undefined && sha256(readLongIfThere(join(folder, file))) === digest)
        rename(join(folder, file), join(folder, name));
      else remove(join(folder, file));
    }
    if (this.doneAgain(record) === null) remove(join(folder, jobFiles.checkpoint));
  }

  keys(): string[] {
    return listIfThere(join(this.folder, 'runs')).filter(isKey).sort();
  }

  find(prefix: string): string {
    const found = this.keys().filter(key => key.startsWith(prefix));
    if (found.length === 1) return found[0]!;
    const list = { fix: `${npmRun('ls', [], flag('store', this.folder))}   # lists the runs` };
    if (found.length === 0)
      throw new UserError(`No run in ${this.folder} has a key that begins with ${prefix}.`, list);
    const some = found.slice(0, 5).map(key => key.slice(0, prefix.length + 6));
    throw new UserError(`${prefix} begins the keys of ${found.length} runs: ${some.join(', ')}.`, list);
  }

  write(record: JobRecord, artefacts: Readonly<Record<string, readonly Uint8Array[]>> = {}): void {
    markStore(this.folder);
    const folder = this.jobFolder(record.key);
    makeFolder(folder);
    for (const [file, parts] of Object.entries(artefacts)) writeAtomic(join(folder, `${file}${next}`), parts);
    writeAtomic(join(folder, jobFiles.record), [`${JSON.stringify(record, null, 1)}\n`]);
    for (const file of Object.keys(artefacts)) rename(join(folder, `${file}${next}`), join(folder, file));
    remove(join(folder, jobFiles.checkpoint));
  }
}

function expectFolder(folder: string): void {
  const refused = (why: string, fix: string) => new UserError(`${folder}: not a store, ${why}.`, { fix });
  try {
    if (statSync(folder).isDirectory()) return;
  } catch (error) {
    if (isAbsent(error, folder)) return;
    const problem = systemProblem(error, folder);
    const isLink = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (problem === null || !(isLink || isNamedWrongly(error))) throw readError(error, folder);
    throw refused(problem.reason, `${problem.fix}, or name another folder: --store <folder>`);
  }
  throw refused('it is a file', 'name a folder: --store <folder>');
}

/** What is wrong with a record; that it is nested deeper than any of ours when the stack does not suffice to tell. */
function problemOf(value: unknown, key: string): string | null {
  try {
    return recordProblem(value, key);
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply';
    throw error;
  }
}

/** A record that the system does not let us read is one that cannot be used; it stops no other. */
function readingOf(key: string, read: () => Reading | null): Reading | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { key, problem: error.message, fix: error.fix ?? '' };
  }
}

function sha256(content: Uint8Array | null): string | null {
  if (content === null) return null;
  const hash = createHash('sha256');
  for (let at = 0; at < content.length; at += atOnce) hash.update(content.subarray(at, at + atOnce));
  return hash.digest('hex');
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw writeError(error, to);
  }
}

function isKey(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

function unusable(key: string, file: string, why: string): Unusable {
  return {
    key,
    problem: `${file}: cannot be used as a record, ${why}. Nothing was overwritten.`,
    fix: `${setAside(file)}   # the run is then computed again`,
  };
}
