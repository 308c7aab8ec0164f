import { Worker } from 'node:worker_threads';
import { DataError } from '../../errors.ts';
import { cores } from '../cores.ts';

/** What is to be made of an image file: [windows, 3, size, size] of bytes, red, green, blue, or [3, height, width] of a part. */
export type DecodeJob = WindowsJob | PartJob;

/** Square windows of an image, wherever they come to lie in it. */
export interface WindowsJob {
  file: string;
  /** The image is resized, its shape kept, until its shorter side has so many pixels; at least `size`. */
  shorterSide: number;
  /** Height and width of the windows. */
  size: number;
  windows: readonly CropPosition[];
}

/** Where a crop's window lies in the resized image: from 0, at the top or left, to 1, at the bottom or right. */
export interface CropPosition {
  down: number;
  right: number;
}

/** A part of an image that is resized to columns x rows, whatever its own size is. */
export interface PartJob {
  file: string;
  columns: number;
  rows: number;
  part: { left: number; top: number; width: number; height: number };
}

/** Decodes a file. */
export type Decode = (job: DecodeJob) => Promise<Uint8Array>;

interface Pending {
  job: DecodeJob;
  resolve: (crops: Uint8Array) => void;
  reject: (error: Error) => void;
}

type Answer = { id: number; crops: Uint8Array } | { id: number; failure: string };

/**
 * Threads that decode image files. A thread has one job at a time; jobs wait in order, and a result belongs to its job
 * whatever finishes first. How many results are in memory is up to the caller, who gets each as soon as it is there.
 * sharp computes in the process's own thread pool of four: more than four threads want UV_THREADPOOL_SIZE set to their
 * number before the process starts.
 */
export class DecodePool {
  readonly #idle: Worker[] = [];
  readonly #threads = new Set<Worker>();
  readonly #waiting: Pending[] = [];
  readonly #running = new Map<number, Pending>();
  readonly #limit: number;
  #next = 0;
  #closed: Error | null = null;

  /** `threads`: at most so many, started when there is work for them. */
  constructor(threads = cores()) {
    this.#limit = threads;
  }

  readonly decode: Decode = job =>
    new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#waiting.push({ job, resolve, reject });
      this.#assign();
    });

  /** Ends the threads; what they have not decoded yet fails. */
  async close(): Promise<void> {
    this.#fail(new Error('the decoding threads were closed'));
    await Promise.all([...this.#threads].map(thread => thread.terminate()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle.pop() ?? (this.#threads.size < this.#limit ? this.#start() : undefined);
      if (!thread) return;
      const id = this.#next++;
      const pending = this.#waiting.shift()!;
      this.#running.set(id, pending);
      thread.ref();
      thread.postMessage({ id, job: pending.job });
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL('./decode-thread.mjs', import.meta.url), { execArgv: [] });
    this.#threads.add(thread);
    thread.on('message', (answer: Answer) => {
      const pending = this.#running.get(answer.id);
      if (!pending) return; // closed while it was being decoded
      this.#running.delete(answer.id);
      this.#idle.push(thread);
      thread.unref(); // threads without work do not keep the process alive
      if ('crops' in answer) pending.resolve(answer.crops);
      else pending.reject(undecodable(pending.job.file, answer.failure));
      this.#assign();
    });
    thread.on('error', error => this.#fail(error));
    return thread;
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of [...this.#running.values(), ...this.#waiting]) reject(error);
    this.#running.clear();
    this.#waiting.length = 0;
  }
}

function undecodable(file: string, why: string): DataError {
  return new DataError(
    `${file} cannot be decoded: ${why}`,
    'replace the file by the one of the official archive',
  );
}
