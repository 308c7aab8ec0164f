import { constants } from 'node:buffer';
import { Regions } from '../../ml/detection/regions.ts';
import { exitCodes, UserError } from '../errors.ts';

/** The file that a step leaves its proposals in. */
export const proposalsFile = 'proposals.bin';

/** Proposals of images by set, best first. */
export type ProposalSets = Readonly<Record<'train' | 'test', Regions>>;

/** The parts of proposals.bin: a line of JSON (how many each image has, by set), then their sides, float32, little endian. */
export function proposalsParts({ train, test }: ProposalSets): Uint8Array[] {
  const counts = Object.fromEntries(
    Object.entries({ train, test }).map(([set, regions]) => {
      return [set, places(regions.images).map(image => regions.count(image))] as const;
    }),
  );
  const sides = [train, test].flatMap(regions => places(regions.images).map(image => regions.sides(image)));
  return [
    Buffer.from(`${JSON.stringify(counts)}\n`),
    ...sides.map(own => new Uint8Array(own.buffer, own.byteOffset, own.byteLength)),
  ];
}

/** The proposals in proposals.bin, which share its memory where the place of its numbers allows that. */
export function readProposals(content: Uint8Array): ProposalSets {
  const begin = content.indexOf(newline) + 1;
  const line = new TextDecoder().decode(content.subarray(0, begin));
  const counts = JSON.parse(line) as Record<keyof ProposalSets, number[]>;
  let at = begin;
  const read = (count: number) => {
    const own = content.subarray(at, (at += 16 * count));
    // Float32Array wants multiples of four bytes, and the line before has any length.
    return own.byteOffset % 4 === 0
      ? new Float32Array(own.buffer, own.byteOffset, 4 * count)
      : new Float32Array(new Uint8Array(own).buffer);
  };
  return { train: new Regions(counts.train.map(read)), test: new Regions(counts.test.map(read)) };
}

/**
 * Fails with a `UserError`, before anything is trained, where a step may leave so many proposals that `most` bytes, which this
 * Node reads as one, do not hold them: those of ImageNet's detection set take 15 GB, and a buffer of Node 20 ends at 4 GiB.
 */
export function expectReadable(proposals: number, most: number = constants.MAX_LENGTH): void {
  const bytes = 16 * proposals;
  if (bytes <= most) return;
  const [needed, read] = [bytes, most].map(each => (each / 2 ** 30).toFixed(1));
  throw new UserError(
    `The proposals of this step may take ${needed} GiB, and Node ${process.version} reads ${read} GiB.`,
    { fix: 'run the same command with Node 22 or later', exitCode: exitCodes.failed },
  );
}

const newline = 10;

function places(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
