import { fileURLToPath } from 'node:url';
import type { WorkerMessage, WorkerOrder } from './types.ts';

/** How a worker process ended. */
export interface WorkerExit {
  /** The message that it ended with, if it came to that. */
  last: Extract<WorkerMessage, { type: 'done' | 'failed' }> | null;
  exitCode: number | null;
  /** The signal that killed it. */
  killedBy: string | null;
  /** The end of what it wrote to stdout and stderr. */
  lastLines: string[];
}

const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/** What lets Node read the worker's TypeScript. */
const loader = new URL('../../loader/register.mjs', import.meta.url).href;

/** Output lines that are kept of a worker. */
const keptLines = 12;

/** Trains one run in a process of its own; aborting `signal` asks it to stop at a checkpoint. */
export async function runWorker(
  order: WorkerOrder,
  signal: AbortSignal,
  onMessage: (message: WorkerMessage) => void,
): Promise<WorkerExit> {
  const { execa } = await import('execa');
  const subprocess = execa(process.execPath, ['--import', loader, worker], {
    ipc: true,
    serialization: 'json',
    buffer: false,
    all: true,
    stdin: 'ignore',
    reject: false,
  });
  let last: WorkerExit['last'] = null;
  subprocess.on('message', (message: WorkerMessage) => {
    if (message.type === 'done' || message.type === 'failed') last = message;
    onMessage(message);
  });
  const disconnected = new Promise<void>(resolve => subprocess.once('disconnect', resolve));
  const lastLines = keepLastLines(subprocess.all);
  const stop = () => send(subprocess, 'stop');
  signal.addEventListener('abort', stop);
  send(subprocess, order);
  if (signal.aborted) stop();
  const result = await subprocess;
  if (subprocess.connected) await disconnected; // its last messages are still on their way
  signal.removeEventListener('abort', stop);
  return { last, exitCode: result.exitCode ?? null, killedBy: result.signal ?? null, lastLines: lastLines() };
}

/** A worker that is gone needs no message. */
function send(
  subprocess: { send?: (message: object | string, done: () => void) => void },
  message: object | string,
): void {
  subprocess.send?.(message, () => {});
}

function keepLastLines(stream: NodeJS.ReadableStream): () => string[] {
  let text = '';
  stream.on('data', chunk => {
    text = `${text}${chunk}`.slice(-4096);
  });
  return () => text.split('\n').filter(Boolean).slice(-keptLines);
}
