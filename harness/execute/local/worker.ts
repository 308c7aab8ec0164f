import { exitCodes } from '../../errors.ts';
import { runJob } from '../job.ts';
import { failure, messagesOf, readOrder, say } from '../orders.ts';
import type { WorkerMessage } from '../types.ts';

/**
 * Entry of a worker process: `worker.ts <order file>`. It speaks in the file beside its order, wakes its parent over IPC and
 * exits: 0 done, 4 failed, 130 stopped at a checkpoint. It stops on the message `stop`, on SIGTERM, and when its parent is
 * gone; an interrupt from the keyboard reaches it too but is the parent's to decide on.
 */
const [orderFile] = process.argv.slice(2) as [string];
const messages = messagesOf(orderFile);
const stop = new AbortController();
process.on('uncaughtException', error => {
  tellFailure(failure(error));
  process.exit(exitCodes.failed);
});
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => stop.abort());
process.on('message', () => stop.abort());
process.exitCode = await outcome();
if (process.connected) process.disconnect();
process.exit();

async function outcome(): Promise<number> {
  try {
    const order = readOrder(orderFile);
    process.title = `residuals ${order.network} ${order.identity.kind === 'train' ? `seed ${order.identity.seed}` : ''}`;
    const end = await runJob(order, { onMessage: tell, signal: stop.signal });
    if (!end) return exitCodes.interrupted;
    tell({ type: 'done', how: end.how });
    return exitCodes.pass;
  } catch (error) {
    tellFailure(failure(error));
    return exitCodes.failed;
  }
}

/** Where not even a message can be written, it is printed: the parent keeps the last lines. */
function tellFailure(message: ReturnType<typeof failure>): void {
  try {
    tell(message);
  } catch {
    console.error(JSON.stringify(message));
  }
}

function tell(message: WorkerMessage): void {
  say(messages, message);
  if (process.connected) process.send!('said', ignoreBrokenPipe);
}

/** A parent that dies while it is written to is noticed by `disconnect`. */
function ignoreBrokenPipe(): void {}
