import type { Prepared } from '../harness/plan/prepare.ts';
import { sourcesDigest } from '../harness/record/sources.ts';
import { openStore } from '../harness/record/store.ts';
import { count } from './format.ts';
import type { Options } from './options.ts';

/** That finished runs of a plan were computed by other source code than what is here now, and what computes them again. */
export function otherCode(
  { plan, backend }: Pick<Prepared, 'plan' | 'backend'>,
  options: Pick<Options, 'store'>,
): string[] {
  const store = openStore(options.store);
  const finished = plan.jobs.filter(({ state }) => state.is === 'finished');
  if (finished.length === 0) return [];
  const now = sourcesDigest(backend.id);
  const other = finished.filter(({ key }) => store.record(key)?.provenance.code.at(-1)?.sources !== now);
  if (other.length === 0) return [];
  const [were, them] = other.length === 1 ? ['was', 'it'] : ['were', 'them'];
  return [
    `${other.length} of ${count(finished.length, 'run')} ${were} computed by source code that is not the current one; --force recomputes ${them}.`,
  ];
}
