import type { Box } from './boxes.ts';

/**
 * Boxes of images, best first, as float32. A training set of COCO has 165 million of them at 2,000 an image, for which there
 * is no memory as arrays of their own.
 */
export class Regions {
  readonly #sides: readonly Float32Array[];

  /** `sides`: of each image left, top, right and bottom of one box after the other. */
  constructor(sides: readonly Float32Array[]) {
    this.#sides = sides;
  }

  /** The boxes of several sets of the same images, one after the other for each image. */
  static joined(sets: readonly Regions[]): Regions {
    const joined = sets[0]!.#sides.map((_, image) => {
      const own = sets.map(set => set.#sides[image]!);
      const all = new Float32Array(own.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const sides of own) {
        all.set(sides, at);
        at += sides.length;
      }
      return all;
    });
    return new Regions(joined);
  }

  /** How many images there are. */
  get images(): number {
    return this.#sides.length;
  }

  /** How many boxes there are in all. */
  get total(): number {
    return this.#sides.reduce((sum, { length }) => sum + length / 4, 0);
  }

  /** How many boxes an image has. */
  count(image: number): number {
    return this.#sides[image]!.length / 4;
  }

  /** A box of an image. */
  box(image: number, place: number): Box {
    const [left, top, right, bottom] = this.#sides[image]!.subarray(4 * place, 4 * place + 4);
    return [left!, top!, right!, bottom!];
  }

  /** The boxes of an image. */
  of(image: number): Box[] {
    return Array.from({ length: this.count(image) }, (_, place) => this.box(image, place));
  }

  /** The numbers of an image as they are stored; they are not to be written to. */
  sides(image: number): Float32Array {
    return this.#sides[image]!;
  }
}

/** The sides of an image's boxes, one after the other. */
export function sidesOf(boxes: readonly Box[]): Float32Array {
  return Float32Array.from(boxes.flat());
}
