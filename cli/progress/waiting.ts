import type { ExecutionEvent } from '../../harness/execute/types.ts';
import { duration } from '../format.ts';

/** Who is waited for, until when, and how not to wait. */
export function waitingText({
  forProcess,
  host,
  file,
  takenOverIn,
}: Extract<ExecutionEvent, { type: 'waiting' }>): string {
  const who = `waiting for process ${forProcess} on ${host}, which is working on this run`;
  if (takenOverIn === null) return who;
  return `${who}; taken over in ${duration(takenOverIn)} unless it shows signs of life (if it is gone: rm '${file}')`;
}
