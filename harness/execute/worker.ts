import { exitCodes, UserError } from '../errors.ts';
import { trainRun } from './train.ts';
import type { WorkerMessage, WorkerOrder } from './types.ts';

/**
 * Entry of a worker process: it is sent one order, reports over IPC and exits: 0 done, 4 failed, 130 stopped at a
 * checkpoint. It stops on the message `stop`, on SIGTERM, and when its parent is gone; an interrupt from the keyboard
 * reaches it too but is the parent's to decide on.
 */
const stop = new AbortController();
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => stop.abort());
process.on('message', (message: WorkerOrder | 'stop') => {
  if (message === 'stop') stop.abort();
  else void work(message);
});

async function work(order: WorkerOrder): Promise<void> {
  process.title = `residuals ${order.network} seed ${order.identity.seed}`;
  const [last, exitCode] = await outcome(order);
  const exit = () => process.exit(exitCode);
  if (last && process.connected)
    process.send!(last, exit); // leaves once it is sent
  else exit();
}

async function outcome(order: WorkerOrder): Promise<[WorkerMessage | null, number]> {
  try {
    const end = await trainRun(order, { onMessage: tell, signal: stop.signal });
    return end ? [{ type: 'done', ...end }, exitCodes.pass] : [null, exitCodes.interrupted];
  } catch (error) {
    return [failure(error), exitCodes.failed];
  }
}

/** Errors that are meant for users are passed on in their words; any other is a fault of ours and keeps its stack. */
function failure(error: unknown): WorkerMessage {
  if (!(error instanceof Error))
    return { type: 'failed', message: String(error), exitCode: exitCodes.failed };
  const meant = ['UserError', 'DataError', 'BackendError'].includes(error.name);
  const message = meant ? error.message : (error.stack ?? error.message);
  const exitCode = error instanceof UserError ? error.exitCode : exitCodes.failed;
  const fix = 'fix' in error && typeof error.fix === 'string' ? { fix: error.fix } : {};
  return { type: 'failed', message, ...fix, exitCode };
}

function tell(message: WorkerMessage): void {
  if (process.connected) process.send!(message, ignoreBrokenPipe);
}

/** A parent that dies while it is written to is noticed by `disconnect`. */
function ignoreBrokenPipe(): void {}
