import type { ModelState } from '../program.ts';

/** Ways to move every weight by one unit in the last place: all away from zero, and in turns away from it and towards it. */
export const moves: readonly ((index: number) => 1 | -1)[] = [() => 1, index => (index % 2 === 0 ? 1 : -1)];

/** A state whose weights are the next float32 numbers, away from zero (1) or towards it (-1); zeros stay. */
export function byOneUlp(state: ModelState, direction: (index: number) => 1 | -1): ModelState {
  const parameters = state.parameters.slice();
  const words = new Int32Array(parameters.buffer);
  parameters.forEach((value, i) => {
    if (value !== 0) words[i]! += direction(i);
  });
  return { ...state, parameters };
}

/** The distance of a number to the next float32 number: nothing that is computed in float32 can be nearer to the truth. */
export function resolution(value: number): number {
  return 2 ** -23 * Math.abs(value);
}
