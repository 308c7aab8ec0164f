import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { ModelState, Program, Slot } from '../../ml/program.ts';
import { UserError } from '../errors.ts';
import { readIfThere, remove, setAside, writeAtomic, writeError } from './files.ts';

/** A tensor of a state: a slot of one of its vectors. */
export interface StateTensor {
  /** `conv1.bn.mean`, `velocity of conv1.w`, `conv1.w`. */
  name: string;
  vector: keyof ModelState;
  slot: Slot;
}

/** What a state was after a step: a digest of each of its tensors, in the order of `tensorsOf`. */
export interface TraceLine {
  /** From 1 on. */
  step: number;
  loss: number;
  digests: string[];
}

/**
 * The tensors of a state in the order in which a step computes them: running statistics with the forward pass, velocities
 * and weights from the last layer back.
 */
export function tensorsOf({ parameters, statistics }: Program): StateTensor[] {
  const back = parameters.toReversed();
  return [
    ...statistics.map(slot => ({ name: slot.name, vector: 'statistics', slot }) as const),
    ...back.map(slot => ({ name: `velocity of ${slot.name}`, vector: 'velocity', slot }) as const),
    ...back.map(slot => ({ name: slot.name, vector: 'parameters', slot }) as const),
  ];
}

/** The numbers of a tensor in a state; not a copy. */
export function tensorIn(state: ModelState, { vector, slot: { offset, size } }: StateTensor): Float32Array {
  return state[vector].subarray(offset, offset + size);
}

/** Digests of the tensors of a state, in their order. */
export function digestsOf(state: ModelState, tensors: readonly StateTensor[]): string[] {
  return tensors.map(tensor => {
    const { buffer, byteOffset, byteLength } = tensorIn(state, tensor);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return createHash('sha256').update(bytes).digest('hex').slice(0, digits);
  });
}

/** Enough that no two of some million tensors are the same by chance. */
const digits = 12;

/** The trace of a training, `trace.txt`: one line for each step, appended while it goes on. */
export class TraceLog {
  readonly #file: string;
  readonly #tensors: readonly StateTensor[];

  /** Begins a trace anew, or continues what is there of the steps that are done. */
  constructor(file: string, program: Program, done: number) {
    this.#file = file;
    this.#tensors = tensorsOf(program);
    const kept = done === 0 ? [] : (readTrace(file) ?? []).filter(({ step }) => step <= done);
    writeAtomic(file, kept.map(lineOf));
  }

  append(step: number, loss: number, state: ModelState): void {
    try {
      appendFileSync(this.#file, lineOf({ step, loss, digests: digestsOf(state, this.#tensors) }));
    } catch (error) {
      throw writeError(error, this.#file);
    }
  }
}

/** The trace that a training is to leave. One that is begun anew without leaves none of an earlier attempt either. */
export function openTrace(file: string, program: Program, done: number, wanted: boolean): TraceLog | null {
  if (wanted) return new TraceLog(file, program, done);
  if (done === 0) remove(file);
  return null;
}

/** The lines of a trace; null when there is none. A line that a crash has torn ends it. */
export function readTrace(file: string): TraceLine[] | null {
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return null;
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.slice(0, -1).map((line, i) => {
    const [step, loss, digests] = line.split(' ') as [string, string, string];
    if (!/^\d+$/.test(step) || !/^[0-9a-f]*$/.test(digests ?? 'none'))
      throw new UserError(
        `${file}:${i + 1}: expected step, loss and digests, found "${line.slice(0, 40)}".`,
        {
          fix: setAside(file),
        },
      );
    return { step: Number(step), loss: Number(loss), digests: digests.match(/.{12}/g) ?? [] };
  });
}

function lineOf({ step, loss, digests }: TraceLine): string {
  return `${step} ${loss} ${digests.join('')}\n`;
}
