import type { Batches } from '../../ml/data/images.ts';
import type { Feeds, Program } from '../../ml/program.ts';
import { feedsFor } from '../tasks/feeds.ts';

/** Training batches, of which the next one is filled while a step computes: they are a function of the iteration alone. */
export class BatchesAhead {
  readonly #batches: Batches;
  readonly #iterations: number;
  readonly #feeds: [Feeds, Feeds];
  #next: { iteration: number; feeds: Feeds; filled: Promise<void> } | null = null;
  #turn: 0 | 1 = 0;

  /** `iterations`: how many there are; none is filled beyond. */
  constructor(batches: Batches, program: Program, iterations: number) {
    this.#batches = batches;
    this.#iterations = iterations;
    this.#feeds = [feedsFor(program), feedsFor(program)];
  }

  /** The batch of an iteration; it stays as it is until the one after the next is asked for. */
  async take(iteration: number): Promise<Feeds> {
    if (this.#next?.iteration !== iteration) {
      await this.settle(); // fills are made one after the other
      this.#fill(iteration);
    }
    const { feeds, filled } = this.#next!;
    await filled;
    this.#next = null;
    return feeds;
  }

  /** Begins to fill the batch of an iteration, and calls `filled` with it. An error is thrown when the batch is taken. */
  prepare(iteration: number, filled: (feeds: Feeds) => void = () => {}): void {
    if (iteration < this.#iterations) this.#fill(iteration, filled);
  }

  /** Resolves when nothing is being filled any more. */
  async settle(): Promise<void> {
    await this.#next?.filled.catch(() => {});
  }

  #fill(iteration: number, then: (feeds: Feeds) => void = () => {}): void {
    const feeds = this.#feeds[this.#turn];
    this.#turn = this.#turn === 0 ? 1 : 0;
    const filled = (async () => {
      await this.#batches.fill(iteration, feeds);
      then(feeds);
    })();
    filled.catch(() => {});
    this.#next = { iteration, feeds, filled };
  }
}
