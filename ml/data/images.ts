import type { Feeds } from '../program.ts';

/** Where a training gets its batches from: images in memory, or files that are read ahead of the loop. */
export interface Batches {
  /**
   * Writes the batch of an iteration (counted from 0) to the beginning of the program's inputs: `images`,
   * [batch, channels, size, size], and of a classifier `labels`, [batch]. Any may be longer than the batch; what lies behind
   * is left alone. Calls are made one after the other: the next one when the last has resolved. `out` belongs to the caller
   * again from then on.
   */
  fill(iteration: number, out: Feeds): void | Promise<void>;
}

/**
 * One view of every image of a test set. Scores of the views are averaged; a loop over batches of images with the
 * views inside lets a reader of files decode each image once.
 */
export interface ImageView {
  /** Height and width in pixels. */
  readonly size: number;
  /**
   * Writes this view of `count` images from `start` on to the beginning of `out`, [count, channels, size, size], the mean
   * subtracted. Calls are made one after the other, as those of `Batches`.
   */
  fill(start: number, count: number, out: Float32Array): void | Promise<void>;
}
