import { UserError } from '../errors.ts';
import type { Store } from '../record/store.ts';
import type { JobRecord } from '../record/types.ts';
import type { EvidenceJob, EvidenceStore } from './evidence.ts';

/**
 * What a store holds for pages and claims. A record that the system does not let us read is one that cannot be used; of a
 * file beside it that is an error: a page without it would rest on less, and nothing on it would say so.
 */
export function evidenceIn(store: Store): EvidenceStore {
  return {
    read(key) {
      try {
        return store.read(key);
      } catch (error) {
        if (error instanceof UserError) return { problem: error.message, fix: error.fix ?? '' };
        throw error;
      }
    },
    artefact: (key, file) => store.artefact(key, file),
  };
}

/** The jobs of a target, under the names that they have in it. */
export function evidenceFor(
  target: string,
  jobs: readonly (Pick<JobRecord, 'key' | 'network' | 'identity'> & { names: Record<string, string> })[],
): EvidenceJob[] {
  return jobs.flatMap(job => {
    const network = job.names[target];
    return network === undefined ? [] : [evidenceJob({ ...job, network })];
  });
}

/** A planned job, as evidence is read by. */
export function evidenceJob({
  key,
  network,
  identity,
}: Pick<JobRecord, 'key' | 'network' | 'identity'>): EvidenceJob {
  return { key, network, kind: identity.kind, seed: identity.kind === 'train' ? identity.seed : null };
}
