import { type ModelState, type Program, partOf, totalSize } from '../../ml/program.ts';

/** The file that a training leaves its parameters and statistics in, for trainings that go on from them. */
export const stateFile = 'state.bin';

/** Tensors of a state by name, row-major. */
export type NamedState = ReadonlyMap<string, Float32Array>;

/** The parts of state.bin: a line of JSON (names and lengths of the tensors), then their numbers, float32, little endian. */
export function stateParts(program: Program, { parameters, statistics }: ModelState): Uint8Array[] {
  const { parameters: slots, statistics: others } = program;
  const tensors = [...slots, ...others].map(({ name, size }) => ({ name, size }));
  const vectors = [parameters, statistics].map(v => new Uint8Array(v.buffer, v.byteOffset, v.byteLength));
  return [Buffer.from(`${JSON.stringify({ tensors })}\n`), ...vectors];
}

/** The tensors of a state. */
export function namedState(program: Program, state: ModelState): NamedState {
  return new Map(
    (['parameters', 'statistics'] as const).flatMap(kind =>
      program[kind].map(slot => [slot.name, partOf(state[kind], slot)] as const),
    ),
  );
}

/** The tensors in state.bin. */
export function readState(content: Uint8Array): NamedState {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const begin = buffer.indexOf('\n') + 1;
  const { tensors } = JSON.parse(buffer.toString('utf8', 0, begin)) as {
    tensors: { name: string; size: number }[];
  };
  const numbers = new Float32Array(Uint8Array.from(buffer.subarray(begin)).buffer);
  let offset = 0;
  return new Map(tensors.map(({ name, size }) => [name, numbers.subarray(offset, (offset += size))]));
}

/**
 * A state whose tensors are those of another state where that has them, of the same size: layers for other classes begin anew.
 * `initial`: what the others begin with. There is nothing in its velocity.
 */
export function adopted(program: Program, initial: ModelState, from: NamedState): ModelState {
  const state = {
    parameters: initial.parameters.slice(),
    velocity: new Float32Array(totalSize(program.parameters)),
    statistics: initial.statistics.slice(),
  };
  for (const kind of ['parameters', 'statistics'] as const) {
    for (const slot of program[kind]) {
      const found = from.get(slot.name);
      if (found?.length === slot.size) partOf(state[kind], slot).set(found);
    }
  }
  return state;
}
