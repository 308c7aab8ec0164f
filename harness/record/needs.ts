import { UserError } from '../errors.ts';
import type { Artefacts } from '../tasks/task.ts';
import type { Store } from './store.ts';
import type { JobIdentity } from './types.ts';

/**
 * The files of the jobs that one needs, by what they are for it. A file that is missing or altered is a `UserError` when it is
 * asked for.
 */
export function neededFiles(store: Store, identity: JobIdentity): Readonly<Record<string, Artefacts>> {
  const jobs = 'jobs' in identity.inputs ? (identity.inputs.jobs ?? {}) : {};
  const readers = Object.entries(jobs).map(([role, key]) => {
    const reader: Artefacts = file => {
      const content = store.artefact(key, file);
      if (content) return content;
      const record = store.record(key);
      throw new UserError(
        record
          ? `${store.jobFolder(key)}: ${file} is missing or altered; it is what ${record.network} has left.`
          : `${store.jobFolder(key)}: there is no record; what it has left is needed.`,
        {
          fix: `rm -r ${store.jobFolder(key)}   # and run the same command again: it is then computed again`,
        },
      );
    };
    return [role, reader] as const;
  });
  return Object.fromEntries(readers);
}

/** Whether all files that a recorded job has left are there; a copy of a store may leave them out. */
export function isWhole(store: Store, key: string): boolean {
  const files = Object.keys(store.record(key)?.result.artefacts ?? {});
  return files.every(file => store.artefact(key, file) !== null);
}
