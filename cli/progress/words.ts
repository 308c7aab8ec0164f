import type { ExecutionEvent } from '../../harness/execute/types.ts';
import { taskOf } from '../../harness/tasks/registry.ts';
import { count, duration, measureText, quantity } from '../format.ts';
import type { Estimate, RunProgress } from './estimate.ts';

/** Where a run stands: iterations or images, what was measured last, speed. */
export function standing({ job, done, total, final, latest, unitSeconds }: RunProgress): string {
  const { unit } = job.cost;
  const tests = final > 0 ? [`final tests ${Math.floor(100 * final)} %`] : [];
  const values = latest.map(({ name, value, unit }) => `${name} ${quantity(value, unit)}`);
  const each = unit === 'iterations' ? 'step' : 'image';
  const speed = unitSeconds ? [`${(unitSeconds * 1000).toFixed(unitSeconds < 0.1 ? 1 : 0)} ms/${each}`] : [];
  const where = unit === 'iterations' ? `${done}/${total}` : `${done} of ${total} images`;
  return [where, ...tests, ...values, ...speed].join(', ');
}

/** Who is waited for, until when, and how not to wait. */
function waiting({
  forProcess,
  host,
  file,
  takenOverIn,
}: Extract<ExecutionEvent, { type: 'waiting' }>): string {
  const who = `waiting for process ${forProcess} on ${host}, which is working on this run`;
  if (takenOverIn === null) return who;
  return `${who}; taken over in ${duration(takenOverIn)} unless it shows that it lives (if it does not: rm '${file}')`;
}

/** The whole execution: finished of all, time left. */
export function overall(estimate: Estimate): string {
  const { finished, all } = estimate.counts;
  const left = finished === all ? '' : `, about ${duration(estimate.seconds)} left`;
  return `${finished} of ${count(all, 'run')} finished${left}`;
}

/** What an event is called; null for progress and checkpoints, which are not worth a line each. */
export function describe(event: ExecutionEvent, { job, done, total }: RunProgress): string | null {
  const { unit } = job.cost;
  switch (event.type) {
    case 'waiting':
      return waiting(event);
    case 'started':
      return done > 0 ? `resumed at ${done}/${total}` : `started, ${total} ${unit}`;
    case 'done': {
      const { identity, result } = event.record;
      const { measures } = taskOf(identity.task);
      const shown = Object.keys(result.measures).filter(name => measures[name]!.unit === '%');
      const values = shown.slice(0, 2).map(name => measureText(identity, name, result.measures[name]));
      return [event.how === 'recorded' ? 'already recorded' : 'finished', ...values].join(', ');
    }
    case 'failed':
      return `failed at ${done}/${total}`;
    case 'died':
      return `${event.message}${event.retry ? '; restarting from its checkpoint' : ''}`;
    default:
      return null;
  }
}
