import type { TestSpec } from '../../ml/data/spec.ts';

/** The file that the scores of a training's tests are in, beside its record. */
export const scoresFile = 'scores.bin';

/** What a run's tests gave for each image, so that ensembles can be averaged without running anything. */
export interface Scores {
  classes: number;
  /** [images] */
  labels: Uint16Array;
  /** Averaged softmax scores, [images, classes], by test protocol. */
  tests: ReadonlyMap<TestSpec['name'], Float32Array>;
}

/**
 * The parts of scores.bin: a line of JSON (names of the tests, numbers of images and classes), then the labels as uint16
 * and the scores of one test after the other as float32, little endian.
 */
export function scoresParts({ classes, labels, tests }: Scores): Uint8Array[] {
  const head = { tests: [...tests.keys()], images: labels.length, classes };
  return [Buffer.from(`${JSON.stringify(head)}\n`), bytes(labels), ...[...tests.values()].map(bytes)];
}

/** Reads scores.bin, which its record vouches for. */
export function readScores(content: Uint8Array): Scores {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const end = buffer.indexOf('\n') + 1;
  const { tests, images, classes } = JSON.parse(buffer.toString('utf8', 0, end)) as {
    tests: TestSpec['name'][];
    images: number;
    classes: number;
  };
  const rest = Uint8Array.from(buffer.subarray(end)).buffer; // copied: the file's bytes are not aligned
  const scores = tests.map((name, i): [TestSpec['name'], Float32Array] => {
    const begin = 2 * images + 4 * i * images * classes;
    return [name, new Float32Array(rest.slice(begin, begin + 4 * images * classes))];
  });
  return { classes, labels: new Uint16Array(rest, 0, images), tests: new Map(scores) };
}

/** Node runs on little-endian machines only, so memory is what is written. */
function bytes(vector: Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
