import { permutation } from '../optim/random.ts';

/** The order in which a training sees its images: every epoch is a permutation of them, drawn from (seed, epoch). */
export class EpochOrder {
  readonly #seed: number;
  readonly #order: Uint32Array;
  #epochOfOrder = -1;

  constructor(seed: number, images: number) {
    this.#seed = seed;
    this.#order = new Uint32Array(images);
  }

  /** The image at a position counted from the start of the training. Neighbouring positions are quick. */
  at(position: number): { epoch: number; image: number } {
    const epoch = Math.floor(position / this.#order.length);
    if (epoch !== this.#epochOfOrder) {
      permutation({ seed: this.#seed, purpose: 'order', epoch, index: 0 }, this.#order);
      this.#epochOfOrder = epoch;
    }
    return { epoch, image: this.#order[position % this.#order.length]! };
  }
}
