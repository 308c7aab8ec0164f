import { explained } from '../errors.ts';
import { listIfThere } from '../record/files.ts';
import { RunLock, tryLock } from '../record/lock.ts';
import { jobFiles, type Store } from '../record/store.ts';
import type { JobRecord } from '../record/types.ts';
import { sweepOrders } from './orders.ts';

/** Files that stay beside a record. */
const kept: readonly string[] = [jobFiles.record, jobFiles.events];

/**
 * Removes what a crash has left beside a record, unless a process is at the job or the store cannot be written: what is
 * left does no harm.
 */
export function tidy(store: Store, record: JobRecord): void {
  const folder = store.jobFolder(record.key);
  const others = listIfThere(folder).filter(
    name => !kept.includes(name) && !Object.hasOwn(record.result.artefacts, name),
  );
  if (others.length === 0) return;
  try {
    const lock = tryLock(folder);
    if (!(lock instanceof RunLock)) return;
    try {
      store.tidy(record);
      sweepOrders(folder);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (explained(error) === null) throw error;
  }
}

/** The same of all that are recorded among these jobs. */
export function tidyFinished(store: Store, keys: readonly string[]): void {
  for (const key of keys) {
    const reading = store.read(key);
    if (reading && 'record' in reading) tidy(store, reading.record);
  }
}
