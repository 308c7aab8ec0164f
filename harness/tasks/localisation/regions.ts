import type { Box } from '../../../ml/detection/boxes.ts';
import { type ProposalSets, proposalsParts, readProposals } from '../proposals-file.ts';

/** Regions of images, best first. */
export interface Regions {
  images: number;
  count(image: number): number;
  box(image: number, i: number): Box;
  of(image: number): Box[];
}

/** Regions that are added image by image: millions of them fit into memory. */
export class RegionList implements Regions {
  #sides = new Float32Array(4096);
  readonly #begins = [0];

  get images(): number {
    return this.#begins.length - 1;
  }

  /** Adds the regions of the next image. */
  add(boxes: readonly Box[]): void {
    const begin = this.#begins.at(-1)!;
    const end = begin + boxes.length;
    if (4 * end > this.#sides.length) {
      const larger = new Float32Array(Math.max(4 * end, 2 * this.#sides.length));
      larger.set(this.#sides);
      this.#sides = larger;
    }
    for (const [i, box] of boxes.entries()) this.#sides.set(box, 4 * (begin + i));
    this.#begins.push(end);
  }

  count(image: number): number {
    return this.#begins[image + 1]! - this.#begins[image]!;
  }

  box(image: number, i: number): Box {
    const at = 4 * (this.#begins[image]! + i);
    return [this.#sides[at]!, this.#sides[at + 1]!, this.#sides[at + 2]!, this.#sides[at + 3]!];
  }

  of(image: number): Box[] {
    return Array.from({ length: this.count(image) }, (_, i) => this.box(image, i));
  }
}

/** The regions of each image of several lists, one after the other. */
export function union(all: readonly Regions[]): Pick<Regions, 'images' | 'of'> {
  return { images: all[0]!.images, of: image => all.flatMap(regions => regions.of(image)) };
}

/** How many regions the images have together. */
export function total(regions: Regions): number {
  let sum = 0;
  for (let image = 0; image < regions.images; image++) sum += regions.count(image);
  return sum;
}

/** The parts of proposals.bin. */
export function partsOf(train: Regions, test: Regions): Uint8Array[] {
  const plain = (regions: Regions) => Array.from({ length: regions.images }, (_, i) => regions.of(i));
  return proposalsParts({ train: plain(train), test: plain(test) });
}

/** The regions in proposals.bin, of one set. */
export function regionsOf(content: Uint8Array, set: keyof ProposalSets): Regions {
  const list = new RegionList();
  for (const boxes of readProposals(content)[set]) list.add(boxes);
  return list;
}
