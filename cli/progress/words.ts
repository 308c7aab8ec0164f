import type { ExecutionEvent, Outcome } from '../../harness/execute/types.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { taskOf } from '../../harness/tasks/registry.ts';
import { duration, measureText, quantity } from '../format.ts';
import type { State } from '../states.ts';
import type { Estimate, RunProgress } from './estimate.ts';
import { waitingText } from './waiting.ts';

/** Said at the first interrupt. */
export const stoppingText = 'Stopping every run at a checkpoint; interrupt again to quit at once.';

/** How far a running run is, what matters most first: time left, share, what was measured last, count. */
export function progressText(progress: RunProgress, estimate: Estimate): string {
  const eta = etaText(progress, estimate);
  const parts = [shareText(progress), ...valueTexts(progress), unitsText(progress)];
  return [...(eta === null ? [] : [eta]), ...parts].join(', ');
}

/** `9 min left`; null before the first steps. */
export function etaText(progress: RunProgress, estimate: Estimate): string | null {
  const seconds = estimate.secondsOf(progress);
  return seconds === null ? null : `${duration(seconds)} left`;
}

/** `13%`, or how far the tests are that come after the last iteration. */
export function shareText({ done, total, final }: RunProgress): string {
  return final > 0 ? `final tests ${Math.floor(100 * final)}%` : `${Math.floor((100 * done) / total)}%`;
}

/** What was measured last: `training error 61.2%`. */
export function valueTexts({ latest }: RunProgress): string[] {
  return latest.map(({ name, value, unit }) => `${name} ${quantity(value, unit, 1)}`);
}

/** `104/800`, `8 of 10 images`. */
export function unitsText({ job, done, total }: RunProgress): string {
  return job.cost.unit === 'iterations' ? `${done}/${total}` : `${done} of ${total} images`;
}

/** A run that does not run, in the word of its state: `not started`, `stopped at 95/800`. */
export function standing({ state, checkpoint, total }: RunProgress): string {
  return state === 'stopped' ? `stopped at ${checkpoint}/${total}` : state;
}

/** The whole execution, where it is more than one run: finished of all, time left. */
export function overall(estimate: Estimate): string {
  const { finished, all } = estimate.counts;
  if (all === 1) return '';
  const left = finished === all ? '' : `, about ${duration(estimate.seconds)} left`;
  return `; ${finished} of ${all} finished${left}`;
}

/** What has come of the execution, and the state that this amounts to; null when one run says it all. */
export function endText(estimate: Estimate, interrupted: boolean): { state: State; text: string } | null {
  const { finished, failed, all } = estimate.counts;
  if (all === 1 && finished === 1) return null;
  const count = `${finished} of ${all} finished`;
  const rest = [count, ...checkpointsText(estimate)].join('; ');
  if (interrupted) return { state: 'stopped', text: `stopped: ${rest}` };
  if (failed > 0) return { state: 'failed', text: `${failed} of ${all} failed; ${rest}` };
  return finished === all ? { state: 'finished', text: count } : { state: 'stopped', text: rest };
}

/** What a finished run has come to: `finished, test error 8.75%, training error 0.42%`. */
export function resultText({ identity, result }: JobRecord, how: Outcome = 'ran'): string {
  const { measures } = taskOf(identity.task);
  const shown = Object.keys(result.measures).filter(name => measures[name]!.unit === '%');
  const values = shown.slice(0, 2).map(name => measureText(identity, name, result.measures[name]));
  return [how === 'recorded' ? 'finished already' : 'finished', ...values].join(', ');
}

/** What an event is called; null for progress and checkpoints, which are not worth a line each. */
export function describe(event: ExecutionEvent, progress: RunProgress): string | null {
  const { job, done, total } = progress;
  switch (event.type) {
    case 'waiting':
      return waitingText(event);
    case 'started':
      return done > 0 ? `resumed at ${done}/${total}` : `started, ${total} ${job.cost.unit}`;
    case 'done':
      return resultText(event.record, event.how);
    case 'failed':
      return `failed at ${done}/${total}`;
    case 'died':
      return `${event.message}${event.retry ? '; restarting from its checkpoint' : ''}`;
    default:
      return null;
  }
}

/** `checkpoints at 95 and 148 of 800`, or at `95/800 and 3/10` where the lengths differ. */
function checkpointsText({ runs }: Estimate): string[] {
  const stopped = runs.filter(({ state }) => state === 'stopped');
  if (stopped.length === 0) return [];
  const [first] = stopped;
  const alike = stopped.every(({ total }) => total === first!.total);
  const places = stopped.map(({ checkpoint, total }) => (alike ? `${checkpoint}` : `${checkpoint}/${total}`));
  const shown = places.length > 4 ? [...places.slice(0, 3), `${places.length - 3} more`] : [...places];
  const last = shown.pop()!;
  const list = shown.length > 0 ? `${shown.join(', ')} and ${last}` : last;
  return [`checkpoint${places.length === 1 ? '' : 's'} at ${list}${alike ? ` of ${first!.total}` : ''}`];
}
