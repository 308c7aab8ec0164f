import type { TableTarget, Target } from '../manifest/types.ts';
import type { JobRecord } from '../record/types.ts';
import type { JobKind } from '../tasks/task.ts';
import { type ViewOptions, viewTarget } from './aggregate.ts';
import { viewByBackend } from './by-backend.ts';
import { type FinishedJob, type Runs, runsOf } from './runs.ts';
import type { TableView, UnusableRecord, View } from './types.ts';

/** A job of a target, by the target's name of the network. */
export interface EvidenceJob {
  key: string;
  network: string;
  kind: JobKind;
  /** Null for evaluations, which have none. */
  seed: number | null;
}

/** What a view needs of a store. */
export interface EvidenceStore {
  /** The record of a finished job, what is wrong with it and how to mend that, or null when there is none. */
  read(key: string): { record: JobRecord } | { problem: string; fix: string } | null;
  /** A file beside a record, as the record vouches for it; null when it is not there. */
  artefact(key: string, file: string): Uint8Array | null;
}

/** What a page is made with besides the jobs that it shows. */
export interface EvidenceOptions extends Pick<ViewOptions, 'command'> {
  /** Jobs of networks that are not shown, which verdicts are shared with. */
  beside?: readonly EvidenceJob[];
}

/**
 * A target with what a store holds of its jobs. A record that cannot be used is named in the view and left out. The order
 * of the jobs does not matter.
 */
export function evidenceOf(
  target: Target,
  jobs: readonly EvidenceJob[],
  store: EvidenceStore,
  { command, beside = [] }: EvidenceOptions,
): View {
  const { runs, unusable } = readRuns(jobs, store);
  return viewTarget(target, runs, unusable, { command, beside: runsIn(beside, store) });
}

/** The same for several backends, side by side; the first is what the others are set against. */
export function evidenceByBackend(
  target: TableTarget,
  sides: readonly { backend: string; jobs: readonly EvidenceJob[] }[],
  store: EvidenceStore,
  options: ViewOptions,
): TableView {
  const found = sides.map(({ backend, jobs }) => ({ backend, ...readRuns(jobs, store) }));
  const unusable = found.flatMap(side => side.unusable);
  return viewByBackend(target, found, unusable, options);
}

/** The runs of some jobs, as far as a store has them. */
export function runsIn(jobs: readonly EvidenceJob[], store: EvidenceStore): Runs {
  return readRuns(jobs, store).runs;
}

function readRuns(
  jobs: readonly EvidenceJob[],
  store: EvidenceStore,
): { runs: Runs; unusable: UnusableRecord[] } {
  const finished: FinishedJob[] = [];
  const unusable: UnusableRecord[] = [];
  for (const { key, network } of inOrder(jobs)) {
    const found = store.read(key);
    if (found && 'record' in found) finished.push({ network, record: found.record });
    else if (found) unusable.push({ key, network, problem: found.problem, fix: found.fix });
  }
  return { runs: runsOf(finished, (key, file) => store.artefact(key, file)), unusable };
}

/** Each job once, by network, seed and key. */
function inOrder(jobs: readonly EvidenceJob[]): EvidenceJob[] {
  const distinct = new Map(jobs.map(job => [JSON.stringify([job.network, job.key]), job]));
  return [...distinct.values()].sort(
    (a, b) => compared(a.network, b.network) || (a.seed ?? 0) - (b.seed ?? 0) || compared(a.key, b.key),
  );
}

function compared(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
