import type { Box } from '../../ml/detection/boxes.ts';

/** The file that a step leaves its proposals in. */
export const proposalsFile = 'proposals.bin';

/** Proposals of images by set, best first. */
export type ProposalSets = Readonly<Record<'train' | 'test', readonly (readonly Box[])[]>>;

/** The parts of proposals.bin: a line of JSON (how many each image has, by set), then their sides, float32, little endian. */
export function proposalsParts(sets: ProposalSets): Uint8Array[] {
  const counts = {
    train: sets.train.map(({ length }) => length),
    test: sets.test.map(({ length }) => length),
  };
  const sides = Float32Array.from([...sets.train.flat(2), ...sets.test.flat(2)]);
  return [Buffer.from(`${JSON.stringify(counts)}\n`), new Uint8Array(sides.buffer)];
}

/** The proposals in proposals.bin. */
export function readProposals(content: Uint8Array): ProposalSets {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const begin = buffer.indexOf('\n') + 1;
  const counts = JSON.parse(buffer.toString('utf8', 0, begin)) as Record<keyof ProposalSets, number[]>;
  const sides = new Float32Array(Uint8Array.from(buffer.subarray(begin)).buffer);
  let at = 0;
  const read = (count: number) =>
    Array.from({ length: count }, (): Box => {
      const box = [sides[at]!, sides[at + 1]!, sides[at + 2]!, sides[at + 3]!] as const;
      at += 4;
      return box;
    });
  return { train: counts.train.map(read), test: counts.test.map(read) };
}
