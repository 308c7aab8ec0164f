import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import type { ModelState } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import type { EvaluationProgress } from '../tasks/task.ts';
import { openIfThere, readError, readIfThere, setAside, writeAtomic } from './files.ts';
import { type CheckpointHeader, type TrainingProgress, version } from './types.ts';

/**
 * checkpoint.bin: a line `residuals-checkpoint <version> <sha-256 of all that follows>`, a line of JSON (`CheckpointHeader`
 * and the lengths of the vectors), then parameters, velocity and statistics as float32, little endian. An evaluation has
 * no vectors: its weights do not change.
 */
const magic = 'residuals-checkpoint';

/** Bytes in which the first two lines of a checkpoint lie, at most: a long warm-up keeps many numbers there. */
const headBytes = 2 ** 24;

/** A job at the end of a unit of work: what a process needs to go on as if it had never stopped. */
export interface Checkpoint<P = TrainingProgress | EvaluationProgress> {
  header: CheckpointHeader<P>;
  state: ModelState;
}

/** The state of a job that has none of its own. */
export const noState: ModelState = {
  parameters: new Float32Array(0),
  velocity: new Float32Array(0),
  statistics: new Float32Array(0),
};

/** Writes a checkpoint atomically; fails like `writeAtomic`. */
export function writeCheckpoint(file: string, { header, state }: Checkpoint): void {
  const vectors = [state.parameters, state.velocity, state.statistics];
  const line = `${JSON.stringify({ ...header, lengths: vectors.map(v => v.length) })}\n`;
  const parts = [Buffer.from(line), ...vectors.map(littleEndian)];
  const digest = parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  writeAtomic(file, [`${magic} ${version} ${digest}\n`, ...parts]);
}

/** Reads and verifies the checkpoint of the job `key`; null when there is none, a `UserError` when it is not to be used. */
export function readCheckpoint<P = TrainingProgress | EvaluationProgress>(
  file: string,
  key: string,
): Checkpoint<P> | null {
  const content = readIfThere(file);
  if (!content) return null;
  const first = content.indexOf('\n') + 1;
  const rest = content.subarray(first);
  const digest = createHash('sha256').update(rest).digest('hex');
  expectMagic(file, content.toString('latin1', 0, first));
  if (content.toString('latin1', 0, first) !== `${magic} ${version} ${digest}\n`)
    throw unusable(file, 'it is damaged: its SHA-256 is not the one that it was written with');
  const end = rest.indexOf('\n');
  const { lengths, ...header } = JSON.parse(rest.toString('utf8', 0, end)) as CheckpointHeader<P> & {
    lengths: number[];
  };
  expectKey(file, header, key);
  const [parameters, velocity, statistics] = vectors(rest.subarray(end + 1), lengths);
  return { header, state: { parameters: parameters!, velocity: velocity!, statistics: statistics! } };
}

/** The header of a checkpoint, read without its vectors and not verified by them; null when there is none. */
export function readCheckpointHeader(file: string, key: string): CheckpointHeader | null {
  const head = readHead(file);
  if (head === null) return null;
  const [first = '', line = ''] = head.split('\n', 2);
  expectMagic(file, `${first}\n`);
  try {
    const header = JSON.parse(line) as CheckpointHeader;
    expectKey(file, header, key);
    if (!Number.isSafeInteger(header.done) || header.done < 0) throw new Error('no count');
    return header;
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

function readHead(file: string): string | null {
  const descriptor = openIfThere(file);
  if (descriptor === null) return null;
  try {
    const chunk = Buffer.alloc(2 ** 18);
    let head = Buffer.alloc(0);
    for (let read = 1; read > 0 && head.length < headBytes && !hasTwoLines(head); ) {
      read = readSync(descriptor, chunk);
      head = Buffer.concat([head, chunk.subarray(0, read)]);
    }
    return head.toString('utf8');
  } catch (error) {
    throw readError(error, file);
  } finally {
    closeSync(descriptor);
  }
}

function hasTwoLines(head: Buffer): boolean {
  const first = head.indexOf('\n');
  return first >= 0 && head.includes('\n', first + 1);
}

function expectMagic(file: string, line: string): void {
  if (!line.startsWith(`${magic} `)) throw unusable(file, `it does not begin with "${magic}"`);
  if (!line.startsWith(`${magic} ${version} `))
    throw unusable(file, `it is of version ${line.split(' ')[1]?.slice(0, 8)}, this code reads ${version}`);
}

function expectKey(file: string, header: { key: string }, key: string): void {
  if (header.key === key) return;
  throw unusable(
    file,
    `it belongs to another run: expected key ${key.slice(0, 12)}, found ${String(header.key ?? 'nothing').slice(0, 12)}`,
  );
}

function unusable(file: string, why: string): UserError {
  return new UserError(`${file}: cannot resume from this checkpoint, ${why}. Nothing was overwritten.`, {
    fix: `${setAside(file)}   # the run then starts again`,
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
