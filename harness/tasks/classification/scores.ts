import { averageScores, topErrors } from '../../../ml/metrics/scores.ts';
import type { Artefacts } from '../task.ts';
import type { TestName } from './spec.ts';

/** The file that the scores of a training's tests are in, beside its record. */
export const scoresFile = 'scores.bin';

/** What a run's tests gave for each image, so that ensembles can be averaged without running anything. */
export interface Scores {
  classes: number;
  /** [images] */
  labels: Uint16Array;
  /** Averaged softmax scores, [images, classes], by test protocol. */
  tests: ReadonlyMap<TestName, Float32Array>;
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
    tests: TestName[];
    images: number;
    classes: number;
  };
  const rest = Uint8Array.from(buffer.subarray(end)).buffer; // copied: the file's bytes are not aligned
  const scores = tests.map((name, i): [TestName, Float32Array] => {
    const begin = 2 * images + 4 * i * images * classes;
    return [name, new Float32Array(rest.slice(begin, begin + 4 * images * classes))];
  });
  return { classes, labels: new Uint16Array(rest, 0, images), tests: new Map(scores) };
}

/** Error, in percent, of an ensemble of networks whose scores are averaged (sec. 4.1), or why there is none. */
export function ensembleError(measure: string, members: readonly Artefacts[]): number | string {
  const [test, top] = measure.split('.') as [TestName, 'top1' | 'top5'];
  const scores: Float32Array[] = [];
  let first: Scores | undefined;
  for (const artefacts of members) {
    const content = artefacts(scoresFile);
    const found = content && readScores(content);
    const tested = found?.tests.get(test);
    if (!found || !tested) return `${scoresFile} of a member is missing or damaged`;
    first ??= found;
    scores.push(tested);
  }
  if (!first) return 'it has no members';
  const wrong = topErrors(averageScores(scores), first.labels, first.classes)[top];
  return (100 * wrong) / first.labels.length;
}

/** Node runs on little-endian machines only, so memory is what is written. */
function bytes(vector: Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
