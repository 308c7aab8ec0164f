import type { ExecutionEvent } from '../../harness/execute/types.ts';
import type { PlannedRun } from '../../harness/plan/types.ts';
import { count, duration, percent } from '../format.ts';
import type { Estimate, RunProgress } from './estimate.ts';

/** `ResNet-20, seed 1`. */
export function runName({ network, identity }: PlannedRun): string {
  return `${network}, seed ${identity.seed}`;
}

/** Where a run stands: iterations, current errors, speed. */
export function standing({
  iteration,
  iterations,
  final,
  trainError,
  testError,
  stepSeconds,
}: RunProgress): string {
  const tests = final > 0 ? [`final tests ${Math.floor(100 * final)} %`] : [];
  const errors = [
    ...(trainError === null ? [] : [`training error ${percent(trainError)}`]),
    ...(testError === null ? [] : [`test error ${percent(testError)}`]),
  ];
  const speed = stepSeconds ? [`${(stepSeconds * 1000).toFixed(stepSeconds < 0.1 ? 1 : 0)} ms/step`] : [];
  return [`${iteration}/${iterations}`, ...tests, ...errors, ...speed].join(', ');
}

/** The whole execution: finished of all, time left. */
export function overall(estimate: Estimate): string {
  const { finished, all } = estimate.counts;
  const left = finished === all ? '' : `, about ${duration(estimate.seconds)} left`;
  return `${finished} of ${count(all, 'run')} finished${left}`;
}

/** What an event is called; null for progress and checkpoints, which are not worth a line each. */
export function describe(event: ExecutionEvent, { iteration, iterations }: RunProgress): string | null {
  switch (event.type) {
    case 'waiting':
      return `waiting for process ${event.forProcess}, which is at this run`;
    case 'started':
      return iteration > 0 ? `resumed at ${iteration}/${iterations}` : `started, ${iterations} iterations`;
    case 'done': {
      const { testError, trainError } = event.record.result;
      const how = event.how === 'recorded' ? 'found recorded' : 'finished';
      return `${how}, training error ${percent(trainError)}, test error ${percent(testError)}`;
    }
    case 'failed':
      return `failed at ${iteration}/${iterations}`;
    case 'died':
      return `${event.message}${event.retry ? '; taken up again' : ''}`;
    default:
      return null;
  }
}
