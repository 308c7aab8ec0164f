import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, writeFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { openToAppend, readIfThere, setAside, writeError } from './files.ts';
import type { JobEvent } from './types.ts';

/** The part of a log that a checkpoint vouches for. */
export interface LogPrefix {
  bytes: number;
  sha256: string;
}

/** The append-only log of a job, one JSON object a line; on disk for good at each checkpoint. */
export class EventLog {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;

  /** Opens a log and cuts it back to what a checkpoint vouches for, which is verified; null begins it anew. */
  constructor(file: string, prefix: LogPrefix | null) {
    this.#file = file;
    const kept = prefix ? verified(file, prefix) : Buffer.alloc(0);
    this.#hash.update(kept);
    this.#bytes = kept.length;
    this.#descriptor = this.#write(() => {
      const descriptor = openToAppend(file);
      ftruncateSync(descriptor, kept.length);
      return descriptor;
    });
  }

  append(event: JobEvent): void {
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    this.#write(() => writeFileSync(this.#descriptor, line));
    this.#hash.update(line);
    this.#bytes += line.length;
  }

  /** Brings everything appended to disk; what a checkpoint may vouch for. */
  sync(): LogPrefix {
    this.#write(() => fsyncSync(this.#descriptor));
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }

  close(): void {
    this.#write(() => closeSync(this.#descriptor));
  }

  #write<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw writeError(error, this.#file);
    }
  }
}

/** The events that a checkpoint vouches for; fails when they are not the ones that it was taken with. */
export function readEvents(file: string, prefix: LogPrefix): JobEvent[] {
  const text = verified(file, prefix).toString('utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map(line => JSON.parse(line) as JobEvent);
}

function verified(file: string, { bytes, sha256 }: LogPrefix): Buffer {
  const kept = (readIfThere(file) ?? Buffer.alloc(0)).subarray(0, bytes);
  const digest = createHash('sha256').update(kept).digest('hex');
  if (kept.length === bytes && digest === sha256) return kept;
  const found =
    kept.length < bytes ? `it ends after ${kept.length} of ${bytes} bytes` : 'it was changed since';
  const checkpoint = file.replace(/events\.jsonl$/, 'checkpoint.bin');
  throw new UserError(`${file}: not the log that the checkpoint was taken with, ${found}.`, {
    fix: `${setAside(checkpoint)}   # the run then starts again`,
  });
}
