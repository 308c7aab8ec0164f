import { elements } from '../../ml/graph/ops.ts';
import type { Feeds, InputSpec, Program } from '../../ml/program.ts';

/** Arrays for the batch of a training step, as its program wants them; they may be filled again after each step. */
export function feedsFor({ inputs }: Program): Feeds {
  return arraysFor(inputs);
}

/** Arrays for inputs of any kind. */
export function arraysFor(inputs: Readonly<Record<string, InputSpec>>): Feeds {
  const arrays = Object.entries(inputs).map(([name, { type, shape }]) => {
    return [name, new (type === 'int32' ? Int32Array : Float32Array)(elements(shape))] as const;
  });
  return Object.fromEntries(arrays);
}
