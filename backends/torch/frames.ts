import { BackendError } from '../contract.ts';

/**
 * A message to or from the worker: u32 header bytes, u32 payload bytes (little endian), header (JSON), payload (the arrays,
 * whose lengths the header's `bytes` gives).
 */
export interface Frame {
  header: Readonly<Record<string, unknown>>;
  arrays: readonly Uint8Array[];
}

/** A header beyond this, as in worker/frames.py, means that the stream is out of step. */
const headerLimit = 2 ** 26;

/** What is written for a frame, in order; the arrays are not copied. */
export function frameParts(header: object, arrays: readonly ArrayBufferView[]): Uint8Array[] {
  const views = arrays.map(a => new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  const bytes = views.map(view => view.length);
  const json = Buffer.from(JSON.stringify({ ...header, bytes }));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(json.length, 0);
  sizes.writeUInt32LE(
    bytes.reduce((sum, each) => sum + each, 0),
    4,
  );
  return [sizes, json, ...views.filter(view => view.length > 0)];
}

/** Puts frames together from the chunks of a stream, however they are cut. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next chunk. Fails with a `BackendError` when what comes is no frame. */
  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= 8) {
      const [headerBytes, payloadBytes] = this.#sizes();
      const end = 8 + headerBytes + payloadBytes;
      if (this.#length < end) return;
      const all = this.#joined();
      this.#chunks = [all.subarray(end)];
      this.#length = all.length - end;
      this.#onFrame(parsed(all.subarray(8, 8 + headerBytes), all.subarray(8 + headerBytes, end)));
    }
  }

  #sizes(): [header: number, payload: number] {
    if (this.#chunks[0]!.length < 8) this.#joined();
    const first = this.#chunks[0]!;
    const header = first.readUInt32LE(0);
    if (header > headerLimit) throw outOfStep(`a header of ${header} bytes`);
    return [header, first.readUInt32LE(4)];
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}

/** Float32 numbers of an array of a frame, copied: frames are not aligned. */
export function float32(array: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(array).buffer);
}

function parsed(head: Buffer, payload: Buffer): Frame {
  let header: unknown;
  try {
    header = JSON.parse(head.toString());
  } catch {
    throw outOfStep('a header that is no JSON');
  }
  const { bytes } = (header ?? {}) as { bytes?: unknown };
  const lengths = Array.isArray(bytes) ? bytes.map(Number) : [];
  if (lengths.reduce((sum, each) => sum + each, 0) !== payload.length) {
    throw outOfStep(`a payload of ${payload.length} bytes, announced as [${lengths.join(', ')}]`);
  }
  let at = 0;
  const arrays = lengths.map(length => payload.subarray(at, (at += length)));
  return { header: header as Frame['header'], arrays };
}

function outOfStep(what: string): BackendError {
  return new BackendError(`what the worker writes is no frame: ${what}`);
}
