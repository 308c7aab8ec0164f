import { wrongImages } from '../../../ml/metrics/scores.ts';
import { readScores, scoresFile } from '../scores-file.ts';
import type { Artefacts } from '../task.ts';
import type { TestName } from './spec.ts';

/** The file that says of each test image whether a training got it wrong, beside its record. */
export const outcomesFile = 'wrong.bin';

/** Of each measure that counts wrong images: 1 for each image that is wrong, else 0, in the order of the test set. */
export type Outcomes = ReadonlyMap<string, Uint8Array>;

/**
 * The parts of wrong.bin: a line of JSON (names of the measures, number of images), then of one measure after the other a
 * bit for each image, the lowest bit of a byte first; each begins a byte.
 */
export function outcomesParts(outcomes: Outcomes): Uint8Array[] {
  const [first] = outcomes.values();
  const head = { measures: [...outcomes.keys()], images: first?.length ?? 0 };
  return [Buffer.from(`${JSON.stringify(head)}\n`), ...[...outcomes.values()].map(packed)];
}

/** The outcomes of a measure that a job has left, or that its scores tell; null where neither is there. */
export function outcomesOf(measure: string, artefacts: Artefacts): Uint8Array | null {
  const content = artefacts(outcomesFile);
  return content ? (readOutcomes(content).get(measure) ?? null) : outcomesInScores(measure, artefacts);
}

function readOutcomes(content: Uint8Array): Outcomes {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const begin = buffer.indexOf('\n') + 1;
  const { measures, images } = JSON.parse(buffer.toString('utf8', 0, begin)) as {
    measures: string[];
    images: number;
  };
  const bytes = Math.ceil(images / 8);
  return new Map(
    measures.map((name, i) => {
      const at = begin + i * bytes;
      return [name, unpacked(buffer.subarray(at, at + bytes), images)];
    }),
  );
}

/** Older trainings left the scores of their tests alone. */
function outcomesInScores(measure: string, artefacts: Artefacts): Uint8Array | null {
  const [test, top] = measure.split('.') as [TestName, 'top1' | 'top5' | undefined];
  const content = top === undefined ? null : artefacts(scoresFile);
  if (!content) return null;
  const { tests, labels, classes } = readScores(content);
  const scores = tests.get(test);
  return scores ? wrongImages(scores, labels, classes)[top!] : null;
}

function packed(outcomes: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(outcomes.length / 8));
  outcomes.forEach((wrong, image) => {
    bytes[image >> 3]! |= wrong << (image & 7);
  });
  return bytes;
}

function unpacked(bytes: Uint8Array, images: number): Uint8Array {
  const outcomes = new Uint8Array(images);
  for (let image = 0; image < images; image++) outcomes[image] = (bytes[image >> 3]! >> (image & 7)) & 1;
  return outcomes;
}
