import { fileURLToPath } from 'node:url';
import type { WorkerExit } from '../executor.ts';

/** A worker process that was started. */
export interface WorkerProcess {
  /** Asks it to stop at a checkpoint. */
  stop(): void;
  end: Promise<WorkerExit>;
}

const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/** What lets Node read the worker's TypeScript. */
const loader = new URL('../../../loader/register.mjs', import.meta.url).href;

/** Output lines that are kept of a worker. */
const keptLines = 12;

/** Starts a worker on the order in a file; `onSpeech` is called when it has said something there. */
export async function startWorker(orderFile: string, onSpeech: () => void): Promise<WorkerProcess> {
  const { execa } = await import('execa');
  const subprocess = execa(process.execPath, ['--import', loader, worker, orderFile], {
    ipc: true,
    serialization: 'json',
    buffer: false,
    all: true,
    stdin: 'ignore',
    reject: false,
  });
  subprocess.on('message', onSpeech);
  const lastLines = keepLastLines(subprocess.all);
  const ended = async (): Promise<WorkerExit> => {
    const { exitCode, signal } = await subprocess;
    return { exitCode: exitCode ?? null, killedBy: signal ?? null, lastLines: lastLines() };
  };
  return {
    // A worker that is gone needs no message.
    stop: () => subprocess.send?.('stop', () => {}),
    end: ended(),
  };
}

function keepLastLines(stream: NodeJS.ReadableStream): () => string[] {
  let text = '';
  stream.on('data', chunk => {
    text = `${text}${chunk}`.slice(-4096);
  });
  return () => text.split('\n').filter(Boolean).slice(-keptLines);
}
