import { logarithm, sineAndCosine } from './elementary.ts';
import { philox4x32 } from './philox.ts';

/** What random numbers are for; a number keeps its meaning for good, as recorded runs depend on it. */
export const purposes = {
  initialisation: 1,
  order: 2,
  augmentation: 3,
  colour: 4,
  chance: 5,
  canvas: 6,
  sampling: 7,
  dropout: 8,
} as const;

/** The largest seed. */
export const maxSeed = 2 ** 32 - 1;

/**
 * Names a stream of random words. They are a pure function of these four and of their position: the same on every
 * backend, after a resume, and whatever else was drawn. Integers from 0 to 2^32 - 1.
 */
export interface Stream {
  seed: number;
  purpose: keyof typeof purposes;
  epoch: number;
  /** Which image, parameter, ... of the purpose. */
  index: number;
}

/** Fills `out` with the first 32-bit words of a stream. */
export function randomWords({ seed, purpose, epoch, index }: Stream, out: Uint32Array): void {
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= maxSeed)) {
    throw new RangeError(`seed ${seed} is not an integer from 0 to ${maxSeed}`);
  }
  const key = purposes[purpose];
  // Words that are written past the end of a typed array are dropped: `out` may have any length.
  for (let at = 0; at < out.length; at += 4) philox4x32(at / 4, index, epoch, 0, seed, key, out, at);
}

/** A random word as an integer from 0 to `bound` - 1 (bound <= 2^21); their probabilities differ by at most 2^-32. */
export function integerBelow(bound: number, word: number): number {
  return Math.floor((word * bound) / 2 ** 32);
}

/** Fills `out` with a random permutation of 0, 1, ... (Fisher and Yates; Durstenfeld 1964). */
export function permutation(stream: Stream, out: Uint32Array): void {
  const words = new Uint32Array(out.length);
  randomWords(stream, words);
  for (let i = 0; i < out.length; i++) out[i] = i;
  for (let i = out.length - 1; i > 0; i--) {
    const j = integerBelow(i + 1, words[i]!);
    const moved = out[i]!;
    out[i] = out[j]!;
    out[j] = moved;
  }
}

/** Fills `out` with normal numbers of mean 0 (Box and Muller 1958), two from every two words. */
export function normals(stream: Stream, deviation: number, out: Float32Array): void {
  const words = new Uint32Array(out.length + (out.length % 2));
  randomWords(stream, words);
  for (let i = 0; i < out.length; i += 2) {
    // Half a unit keeps the logarithm finite; the largest radius is 6.8 deviations.
    const radius = deviation * Math.sqrt(-2 * logarithm((words[i]! + 0.5) / 2 ** 32));
    const { sine, cosine } = sineAndCosine(words[i + 1]! / 2 ** 32);
    out[i] = radius * cosine;
    out[i + 1] = radius * sine;
  }
}
