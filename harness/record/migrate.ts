import { readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { staleSeconds } from '../../ml/data/holder.ts';
import { systemProblem } from '../../ml/data/system.ts';
import { UserError } from '../errors.ts';
import { isNamedWrongly, listIfThere, makeFolder, readIfThere, remove, writeAtomic } from './files.ts';
import { jobFiles, markStore, storeVersion } from './store.ts';
import { type JobIdentity, type JobRecord, version } from './types.ts';
import { checkpointFrom1, recordFrom1 } from './version1.ts';

/** A job that a store may hold, by the key that it had in version 1. */
export type Candidates = ReadonlyMap<string, { identity: JobIdentity; asked: JobRecord['asked'] }>;

/** What was done with a store. */
export interface Migration {
  /** Old key and new key of every job that was brought up. */
  moved: Map<string, string>;
  /** What could not be brought up and was left where it is. */
  left: { folder: string; why: string }[];
}

/**
 * Brings a store of version 1 up to the present one: records get their new form and key, checkpoints and events theirs,
 * evaluations move beside the trainings. Each job is rewritten in its folder and then renamed, so that an interrupted
 * migration goes on where it stopped. A checkpoint does not say what it is of: only those of `candidates` are brought up.
 * Fails with a `UserError` while a process works on the store.
 */
export function migrateStore(folder: string, candidates: Candidates = new Map()): Migration {
  const migration: Migration = { moved: new Map(), left: [] };
  if (storeVersion(folder) !== 1) return migration;
  const jobs = ['runs', 'evaluations'].flatMap(part => jobsIn(join(folder, part)));
  for (const { job } of jobs) expectFree(job);
  makeFolder(join(folder, 'runs'));
  for (const { job, key } of jobs) {
    try {
      const renamed = migrateJob(job, key, candidates.get(key));
      if (job !== join(folder, 'runs', renamed)) renameSync(job, join(folder, 'runs', renamed));
      migration.moved.set(key, renamed);
    } catch (error) {
      // A store that was brought up is not brought up again: what the system refuses now must not be left behind.
      if (isRefusal((error as Error).cause ?? error)) throw error;
      migration.left.push({ folder: job, why: whyLeft(error) });
    }
  }
  markStore(folder);
  return migration;
}

/** What is half-written, or was edited, fails in many ways: where it is parsed, or where a part is missing. */
function whyLeft(error: unknown): string {
  if (error instanceof UserError) return error.message.replace(/\.$/, '');
  const known = systemProblem(error);
  if (known) return `it cannot be brought up, ${known.reason}`;
  const isOurs = error instanceof Error && error.constructor === Error;
  return isOurs ? error.message : 'it is half-written or was edited';
}

/** Rewrites what a job has left; the key that its folder is to be called. */
function migrateJob(job: string, key: string, known: ReturnType<Candidates['get']>): string {
  const file = join(job, jobFiles.record);
  const text = readIfThere(file);
  if (text === null) return migrateCheckpoint(job, key, known);
  const value = JSON.parse(text.toString()) as { schema?: unknown; version?: unknown; key: string };
  let renamed = value.key; // rewritten before an interruption
  if (value.version !== version) {
    if (value.schema !== 1 || value.key !== key)
      throw new Error('its record is not of version 1 and this key');
    const record = recordFrom1(value, known?.asked ?? null);
    writeAtomic(file, [`${JSON.stringify(record, null, 1)}\n`]);
    renamed = record.key;
  }
  for (const name of ['progress.json', jobFiles.checkpoint]) remove(join(job, name));
  return renamed;
}

function migrateCheckpoint(job: string, key: string, known: ReturnType<Candidates['get']>): string {
  const file = join(job, jobFiles.checkpoint);
  if (!listIfThere(job).includes(jobFiles.checkpoint))
    throw new Error('it holds neither a record nor a checkpoint');
  if (!known) throw new Error('its checkpoint is of no network and profile of the experiments that are here');
  return checkpointFrom1(file, join(job, jobFiles.events), key, known.identity);
}

function jobsIn(folder: string): { job: string; key: string }[] {
  return listIfThere(folder)
    .filter(name => /^[0-9a-f]{64}$/.test(name))
    .map(key => ({ job: join(folder, key), key }))
    .filter(({ job }) => statSync(job).isDirectory());
}

/** Whether the system has refused what is there and may be good, or to write it. */
function isRefusal(error: unknown): boolean {
  return systemProblem(error) !== null && !isNamedWrongly(error);
}

/** Locks of version 1 were named otherwise; a holder touches its lock every few seconds. */
function expectFree(job: string): void {
  const held = readdirSync(job).find(
    name => /^lock\.\d+\./.test(name) && Date.now() - statSync(join(job, name)).mtimeMs < staleSeconds * 1000,
  );
  if (held === undefined) return;
  const [, pid] = held.split('.');
  throw new UserError(`${join(job, held)}: process ${pid} is working on this run, or has been lately.`, {
    fix: `stop it, then run the same command again (if there is no such process: rm '${join(job, held)}')`,
  });
}
