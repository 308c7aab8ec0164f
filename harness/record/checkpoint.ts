import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { ModelState } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import { writeAtomic } from './files.ts';
import type { CheckpointHeader } from './types.ts';

/**
 * checkpoint.bin: a line `residuals-checkpoint 1 <sha-256 of all that follows>`, a line of JSON (`CheckpointHeader` and
 * the lengths of the vectors), then parameters, velocity and statistics as float32, little endian.
 */
const magic = 'residuals-checkpoint 1';

/** A training at the end of an iteration: what a process needs to go on as if it had never stopped. */
export interface Checkpoint {
  header: CheckpointHeader;
  state: ModelState;
}

/** Writes a checkpoint atomically; fails like `writeAtomic`. */
export function writeCheckpoint(file: string, { header, state }: Checkpoint): void {
  const vectors = [state.parameters, state.velocity, state.statistics];
  const line = `${JSON.stringify({ ...header, lengths: vectors.map(v => v.length) })}\n`;
  const parts = [Buffer.from(line), ...vectors.map(littleEndian)];
  const digest = parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  writeAtomic(file, [`${magic} ${digest}\n`, ...parts]);
}

/** Reads and verifies the checkpoint of the run `key`; null when there is none, a `UserError` when it is not to be used. */
export function readCheckpoint(file: string, key: string): Checkpoint | null {
  const content = readIfThere(file);
  if (!content) return null;
  const first = content.indexOf('\n') + 1;
  const rest = content.subarray(first);
  const digest = createHash('sha256').update(rest).digest('hex');
  if (content.toString('latin1', 0, first) !== `${magic} ${digest}\n`) {
    throw unusable(file, 'it is damaged: its SHA-256 is not the one that it was written with');
  }
  const end = rest.indexOf('\n');
  const { lengths, ...header } = JSON.parse(rest.toString('utf8', 0, end)) as CheckpointHeader & {
    lengths: number[];
  };
  expectKey(file, header, key);
  const [parameters, velocity, statistics] = vectors(rest.subarray(end + 1), lengths);
  return { header, state: { parameters: parameters!, velocity: velocity!, statistics: statistics! } };
}

/** The iteration of a checkpoint, from its header alone; null when there is none. */
export function readCheckpointIteration(file: string, key: string): number | null {
  const head = Buffer.alloc(16384);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const length = readSync(descriptor, head);
  closeSync(descriptor);
  const [first = '', header = ''] = head.toString('utf8', 0, length).split('\n', 2);
  if (!first.startsWith(magic)) throw unusable(file, `it does not begin with "${magic}"`);
  try {
    const parsed = JSON.parse(header) as CheckpointHeader;
    expectKey(file, parsed, key);
    return parsed.iteration;
  } catch (error) {
    throw error instanceof UserError ? error : unusable(file, 'its header cannot be read');
  }
}

/** SHA-256 of float32 vectors in canonical order, little endian. */
export function digestVectors(vectors: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const vector of vectors) hash.update(littleEndian(vector));
  return hash.digest('hex');
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function expectKey(file: string, header: CheckpointHeader, key: string): void {
  if (header.key === key) return;
  throw unusable(
    file,
    `it belongs to another run: expected key ${key.slice(0, 12)}, found ${String(header.key).slice(0, 12)}`,
  );
}

function unusable(file: string, why: string): UserError {
  return new UserError(`${file}: this checkpoint cannot be continued, ${why}. Nothing was overwritten.`, {
    fix: `rm ${file}   # trains this run from the start`,
  });
}

function vectors(payload: Buffer, lengths: readonly number[]): Float32Array[] {
  let offset = 0;
  return lengths.map(length => {
    const bytes = payload.subarray(offset, offset + 4 * length);
    offset += 4 * length;
    return new Float32Array(Uint8Array.from(bytes).buffer); // copied: the file's bytes are not aligned
  });
}

/** Node runs on little-endian machines only, so memory is what is written. */
function littleEndian(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
