import type { Target } from '../manifest/types.ts';
import { designOf } from '../record/design.ts';
import type { CodeState, JobRecord } from '../record/types.ts';
import type { CodeBasis, CodeView, DesignView, MachineView } from './types.ts';

/**
 * The machines and engines behind jobs, with how many each computed. Threads are left out: an interrupted job may go on
 * with another number of them, which changes nothing that is shown.
 */
export function machinesOf(records: readonly JobRecord[]): MachineView[] {
  return counted(
    records.map(({ identity, provenance }) => {
      const { cpu, cores, memoryGiB, platform, node, session } = provenance;
      const { version, device, variant, hardware } = session;
      const engine = { engine: version, device, variant, hardware };
      return {
        cpu,
        cores,
        memoryGiB,
        platform,
        node: node.replace(/^v/, ''),
        ...engine,
        kind: identity.kind,
      };
    }),
  );
}

/** The states of the code behind jobs; a job that went on under other code counts for each. */
export function codeOf(records: readonly JobRecord[]): CodeView[] {
  const states = records.flatMap(({ provenance }) =>
    provenance.code.map(({ commit, unknown, dirty, diffSha256, sources }) => {
      return { commit, unknown: unknown ?? null, dirty, diffSha256, sources };
    }),
  );
  return counted(states);
}

/** Whether the runs were begun under the design that their verdicts follow now: the first of them tells. */
export function designBehind(target: Target, records: readonly JobRecord[]): DesignView | null {
  const byStart = records.toSorted((a, b) => (a.provenance.startedAt < b.provenance.startedAt ? -1 : 1));
  const [first] = byStart;
  if (!first || target.kind === 'architecture') return null;
  const { digest } = designOf(target);
  const { design: then, startedAt } = first.provenance;
  if (then === undefined) return { kind: 'unknown', now: digest };
  if (then === digest) return { kind: 'first', digest };
  return { kind: 'changed', network: first.network, startedAt, then, now: digest };
}

/** Whether the runs behind a mean were computed by one state of the code, and whether that was committed. */
export function codeBasis(records: readonly JobRecord[]): CodeBasis {
  const states = new Set(records.flatMap(({ provenance }) => provenance.code.map(nameOf)));
  const uncommitted = records.filter(({ provenance }) => provenance.code.some(({ dirty }) => dirty));
  return { states: states.size, uncommitted: uncommitted.length };
}

/** What tells states of the code apart: their sources, or in older records commit and changes. */
function nameOf({ sources, commit, diffSha256 }: CodeState): string {
  return sources ?? `${commit} ${diffSha256}`;
}

/** Each distinct item once, with its number, in an order of their contents alone. */
function counted<T extends object>(items: readonly T[]): (T & { jobs: number })[] {
  const found = new Map<string, T & { jobs: number }>();
  for (const item of items) {
    const key = JSON.stringify(item);
    found.set(key, { ...item, jobs: (found.get(key)?.jobs ?? 0) + 1 });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
