import type { Found } from '../../../ml/detection/detect.ts';

/** The file that a detector leaves what it found in, in pixels of the annotated images. */
export const detectionsFile = 'detections.bin';

/** What was found in each test image, best first, by way of testing; `plain` is the usual one. */
export type FoundSets = ReadonlyMap<string, readonly (readonly Found[])[]>;

/** What detections.bin begins with. */
interface Head {
  classes: readonly string[];
  images: readonly string[];
  /** Detections of each image, by way of testing. */
  tests: Readonly<Record<string, readonly number[]>>;
}

/**
 * The parts of detections.bin: a line of JSON (names of classes and images, counts), then of every detection its class, score
 * and sides, float32, little endian.
 */
export function detectionsParts(
  { classes, images }: Pick<Head, 'classes' | 'images'>,
  found: FoundSets,
): Uint8Array[] {
  const tests = Object.fromEntries(
    [...found].map(([name, all]) => [name, all.map(({ length }) => length)] as const),
  );
  const numbers = [...found.values()].flat(2).flatMap(each => [each.class, each.score, ...each.box]);
  const head: Head = { classes, images, tests };
  return [Buffer.from(`${JSON.stringify(head)}\n`), new Uint8Array(Float32Array.from(numbers).buffer)];
}

/** What detections.bin holds. */
export function readDetections(content: Uint8Array): Pick<Head, 'classes' | 'images'> & { found: FoundSets } {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const begin = buffer.indexOf('\n') + 1;
  const { classes, images, tests } = JSON.parse(buffer.toString('utf8', 0, begin)) as Head;
  const numbers = new Float32Array(Uint8Array.from(buffer.subarray(begin)).buffer);
  let at = 0;
  const read = (): Found => {
    const [own, score, ...box] = numbers.subarray(at, (at += 6)) as unknown as number[];
    return { class: own!, score: score!, box: box as unknown as Found['box'] };
  };
  const found = Object.entries(tests).map(
    ([name, counts]) => [name, counts.map(length => Array.from({ length }, read))] as const,
  );
  return { classes, images, found: new Map(found) };
}
