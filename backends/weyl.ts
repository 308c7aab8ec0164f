/**
 * 32-bit words from a start: a Weyl sequence through murmur3's finaliser, in integer arithmetic, so the same on every
 * machine. For examples and tests of backends; independent of the generator that trainings use, so that a fault there
 * cannot hide one here.
 */
export function weylWords(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  };
}

/** The finaliser of murmur3 (Appleby 2008): a permutation of the 32-bit words, unsigned. */
export function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
