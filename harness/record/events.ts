import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { writeError } from './files.ts';
import type { RunEvent } from './types.ts';

/** The append-only log of a run, one JSON object per line; on disk for good at each checkpoint. */
export class EventLog {
  readonly #file: string;
  readonly #descriptor: number;
  #bytes: number;

  /** Opens a log and cuts it back to the `bytes` that a checkpoint vouches for; 0 begins it anew. */
  constructor(file: string, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
    this.#descriptor = this.#write(() => {
      const descriptor = openSync(file, 'a');
      ftruncateSync(descriptor, bytes);
      return descriptor;
    });
  }

  append(event: RunEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    this.#write(() => writeFileSync(this.#descriptor, line));
    this.#bytes += Buffer.byteLength(line);
  }

  /** Brings everything appended to disk; the length of the log in bytes. */
  sync(): number {
    this.#write(() => fsyncSync(this.#descriptor));
    return this.#bytes;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw writeError(error, this.#file);
    }
  }
}

/** The first `bytes` of a log as events; fails when they are not there or are no events. */
export function readEvents(file: string, bytes: number): RunEvent[] {
  if (bytes === 0) return [];
  try {
    const content = readFileSync(file);
    if (content.length < bytes) throw new Error(`it ends after ${content.length} bytes`);
    const lines = content.toString('utf8', 0, bytes).trimEnd().split('\n');
    return lines.map(line => JSON.parse(line) as RunEvent);
  } catch (error) {
    throw new UserError(
      `${file}: expected ${bytes} bytes of events up to the checkpoint: ${(error as Error).message}.`,
      { fix: `rm ${file.replace(/events\.jsonl$/, 'checkpoint.bin')}   # trains this run from the start` },
    );
  }
}
