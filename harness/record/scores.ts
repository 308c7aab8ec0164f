import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { TestName } from '../manifest/types.ts';
import { writeAtomic } from './files.ts';

/** What a run's tests gave for each image, so that ensembles can be averaged without running anything. */
export interface Scores {
  classes: number;
  /** [images] */
  labels: Uint16Array;
  /** Averaged softmax scores, [images, classes], by test protocol. */
  tests: ReadonlyMap<TestName, Float32Array>;
}

/**
 * Writes scores.bin atomically and returns its SHA-256: a line of JSON (names of the tests, numbers of images and
 * classes), then the labels as uint16 and the scores of one test after the other as float32, little endian.
 */
export function writeScores(file: string, { classes, labels, tests }: Scores): string {
  const head = { tests: [...tests.keys()], images: labels.length, classes };
  const parts = [Buffer.from(`${JSON.stringify(head)}\n`), bytes(labels), ...[...tests.values()].map(bytes)];
  writeAtomic(file, parts);
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
}

/** Reads the scores that a record vouches for by their SHA-256; null when the file is not there. */
export function readScores(file: string, digest: string): Scores | null {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (createHash('sha256').update(content).digest('hex') !== digest) {
    throw new UserError(`${file}: damaged, its SHA-256 is not the one in record.json.`, {
      fix: `rm ${file}   # the ensemble is then shown as not-run`,
    });
  }
  const end = content.indexOf('\n') + 1;
  const { tests, images, classes } = JSON.parse(content.toString('utf8', 0, end)) as {
    tests: TestName[];
    images: number;
    classes: number;
  };
  const rest = Uint8Array.from(content.subarray(end)).buffer; // copied: the file's bytes are not aligned
  const scores = tests.map((name, i): [TestName, Float32Array] => {
    const begin = 2 * images + 4 * i * images * classes;
    return [name, new Float32Array(rest.slice(begin, begin + 4 * images * classes))];
  });
  return { classes, labels: new Uint16Array(rest, 0, images), tests: new Map(scores) };
}

/** Node runs on little-endian machines only, so memory is what is written. */
function bytes(vector: Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
