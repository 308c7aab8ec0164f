import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { readCheckpointIteration } from './checkpoint.ts';
import { isTemporary, makeFolder, writeAtomic } from './files.ts';
import type { RunRecord } from './types.ts';

/** A folder with `runs/<key>/` (record.json, events.jsonl, checkpoint.bin, scores.bin, lock.*) and `rendered/<profile>/`. */
export interface Store {
  /** Absolute. */
  readonly folder: string;
  runFolder(key: string): string;
  renderedFolder(profile: string): string;
  /** The record of a finished run; null when there is none. Fails when it is half-written or of another kind. */
  readRecord(key: string): Promise<RunRecord | null>;
  /** All records, by key. Fails like `readRecord`. */
  listRecords(): Promise<RunRecord[]>;
  /** Iterations done according to the run's checkpoint; null when there is none. */
  checkpointIteration(key: string): Promise<number | null>;
  /** Keys of all runs that have left anything, in order. */
  keys(): string[];
  /** The one key that begins with `prefix`; fails when there is none, or more than one. */
  findRun(prefix: string): string;
  /** Writes the record atomically; then the checkpoint is of no more use and goes. */
  writeRecord(record: RunRecord): Promise<void>;
  /** Removes what a run left, whether finished or not. */
  discard(key: string): void;
}

/** Opens a store; nothing is created before something is written. */
export function openStore(folder: string): Store {
  return new FolderStore(resolve(folder));
}

/** Files of a run, by what they are. */
export const runFiles = {
  record: 'record.json',
  events: 'events.jsonl',
  checkpoint: 'checkpoint.bin',
  scores: 'scores.bin',
} as const;

class FolderStore implements Store {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  runFolder(key: string): string {
    return join(this.folder, 'runs', key);
  }

  renderedFolder(profile: string): string {
    return join(this.folder, 'rendered', profile);
  }

  async readRecord(key: string): Promise<RunRecord | null> {
    const file = join(this.runFolder(key), runFiles.record);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw unusable(file, `it cannot be read (${(error as Error).message})`);
    }
    return parseRecord(file, text, key);
  }

  async listRecords(): Promise<RunRecord[]> {
    const records = await Promise.all(this.keys().map(key => this.readRecord(key)));
    return records.filter(record => record !== null);
  }

  async checkpointIteration(key: string): Promise<number | null> {
    return readCheckpointIteration(join(this.runFolder(key), runFiles.checkpoint), key);
  }

  keys(): string[] {
    try {
      return readdirSync(join(this.folder, 'runs')).filter(isKey).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new UserError(`${this.folder}: not a store (${(error as Error).message}).`, {
        fix: 'name a folder: --store <folder>',
      });
    }
  }

  findRun(prefix: string): string {
    const found = this.keys().filter(key => key.startsWith(prefix));
    if (found.length === 1) return found[0]!;
    const list = { fix: `npm run ls -- --store ${this.folder}   # lists the runs` };
    if (found.length === 0)
      throw new UserError(`No run in ${this.folder} has a key that begins with ${prefix}.`, list);
    const some = found.slice(0, 5).map(key => key.slice(0, prefix.length + 6));
    throw new UserError(`${prefix} begins the keys of ${found.length} runs: ${some.join(', ')}.`, list);
  }

  async writeRecord(record: RunRecord): Promise<void> {
    const folder = this.runFolder(record.key);
    makeFolder(folder);
    writeAtomic(join(folder, runFiles.record), [`${JSON.stringify(record, null, 1)}\n`]);
    rmSync(join(folder, runFiles.checkpoint), { force: true });
  }

  discard(key: string): void {
    const folder = this.runFolder(key);
    for (const file of Object.values(runFiles)) rmSync(join(folder, file), { force: true });
    sweep(folder);
  }
}

/** Removes what interrupted writes left in a run's folder; only for who holds its lock. */
export function sweep(folder: string): void {
  for (const file of readdirSync(folder).filter(isTemporary)) rmSync(join(folder, file), { force: true });
}

function isKey(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

function parseRecord(file: string, text: string, key: string): RunRecord {
  let record: Partial<RunRecord>;
  try {
    record = JSON.parse(text) as Partial<RunRecord>;
  } catch (error) {
    throw unusable(file, `it is half-written or was edited (${(error as Error).message})`);
  }
  if (record?.schema !== 1)
    throw unusable(file, `expected "schema": 1, found ${JSON.stringify(record?.schema)}`);
  if (record.key !== key)
    throw unusable(file, `expected "key": "${key}", found ${JSON.stringify(record.key)}`);
  for (const part of ['network', 'identity', 'result', 'provenance'] as const) {
    if (!record[part]) throw unusable(file, `"${part}" is missing`);
  }
  return record as RunRecord;
}

function unusable(file: string, why: string): UserError {
  return new UserError(`${file}: not a record that can be used, ${why}. Nothing was overwritten.`, {
    fix: `rm ${file}   # the run is then trained again`,
  });
}
