import { elements } from '../graph/ops.ts';
import { randomWords } from '../optim/random.ts';
import type { InputSpec } from '../program.ts';
import type { Batches } from './images.ts';

/**
 * Batches with the masks of dropout that `inputs` ask for, functions of (seed, iteration, number of the mask) alone: the same
 * on every backend and after a resume.
 */
export function withMasks(
  batches: Batches,
  inputs: Readonly<Record<string, InputSpec>>,
  seed: number,
): Batches {
  const masks = Object.entries(inputs).flatMap(([name, { shape, dropout }]) =>
    dropout === undefined ? [] : [{ name, rate: dropout, words: new Uint32Array(elements(shape)) }],
  );
  if (masks.length === 0) return batches;
  return {
    async fill(iteration, out) {
      await batches.fill(iteration, out);
      for (const [index, { name, rate, words }] of masks.entries()) {
        randomWords({ seed, purpose: 'dropout', epoch: iteration, index }, words);
        const kept = 1 / (1 - rate);
        const mask = out[name]!;
        for (const [i, word] of words.entries()) mask[i] = word < rate * 2 ** 32 ? 0 : kept;
      }
    },
  };
}
