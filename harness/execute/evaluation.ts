import { join } from 'node:path';
import { noState, writeCheckpoint } from '../record/checkpoint.ts';
import { jobFiles } from '../record/store.ts';
import type { EvaluationProgress, EvaluationWork } from '../tasks/task.ts';
import { type JobContext, noEvents, Reporter } from './context.ts';
import type { JobOutcome } from './training.ts';

/**
 * Evaluates given weights on all images, from where an earlier attempt stopped; every image counts exactly once, so that an
 * interrupted evaluation ends in the same result. Null when stopped; a checkpoint is then there.
 */
export async function runEvaluation(
  context: JobContext,
  work: EvaluationWork,
  earlier: EvaluationProgress | null,
): Promise<JobOutcome | null> {
  const { session, clock, order, lock, onMessage } = context;
  const reporter = new Reporter(context);
  let progress = earlier ?? work.begin();
  let saved = performance.now();
  const between = () =>
    reporter.between(() => ({ done: progress.done, total: work.total, final: 0, latest: [] }));
  const save = () => {
    lock.assertHeld();
    checkpoint(context, progress);
    saved = performance.now();
    onMessage({ type: 'checkpointed', done: progress.done });
  };
  while (progress.done < work.total) {
    const begin = performance.now();
    const next = context.signal.aborted ? null : await work.next(session, progress, between);
    if (!next) {
      if (progress.done > 0) save();
      return null;
    }
    clock.unit((performance.now() - begin) / (next.done - progress.done));
    progress = next;
    if (performance.now() - saved >= 1000 * order.checkpointSeconds) save();
  }
  const { measures, curves, artefacts, digests } = work.finish(progress);
  return {
    artefacts,
    result: {
      measures,
      curves,
      facts: { images: work.total },
      artefacts: {},
      digests,
      determinism: { tier: 'D3', evidence: 'nothing was computed twice' },
    },
  };
}

function checkpoint({ folder, order, clock, session }: JobContext, progress: EvaluationProgress): void {
  const { key } = order;
  const { threads } = session.info;
  const header = {
    key,
    done: progress.done,
    events: noEvents,
    progress,
    attempts: clock.attempts(),
    threads,
  };
  writeCheckpoint(join(folder, jobFiles.checkpoint), { header, state: noState });
}
