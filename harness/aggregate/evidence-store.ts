import { UserError } from '../errors.ts';
import type { Store } from '../record/store.ts';
import type { JobRecord } from '../record/types.ts';
import type { EvidenceJob, EvidenceStore } from './evidence.ts';

/** What a store holds for pages and claims: a file that the system does not let us read is one that cannot be used. */
export function evidenceIn(store: Store): EvidenceStore {
  return {
    read: key =>
      orElse(
        () => store.read(key),
        ({ message, fix = '' }) => ({ problem: message, fix }),
      ),
    artefact: (key, file) =>
      orElse(
        () => store.artefact(key, file),
        () => null,
      ),
  };
}

function orElse<T, R>(read: () => T, refused: (error: UserError) => R): T | R {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return refused(error);
    throw error;
  }
}

/** A planned job, as evidence is read by. */
export function evidenceJob({
  key,
  network,
  identity,
}: Pick<JobRecord, 'key' | 'network' | 'identity'>): EvidenceJob {
  return { key, network, kind: identity.kind, seed: identity.kind === 'train' ? identity.seed : null };
}
