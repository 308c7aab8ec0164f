import { elements } from '../graph/ops.ts';
import type { ModelState, Program, Slot } from '../program.ts';

/** A tensor as a Keras model stores it: convolutions HWIO, dense layers IO, row-major. */
export interface KerasTensor {
  shape: readonly number[];
  data: Float32Array;
}

/**
 * The state of a 50-layer bottleneck network with option B from the tensors of Keras's first conversion of the authors'
 * release (layers `conv1`, `res2a_branch2a`, `bn2a_branch2a`, `fc1000`). Keras's network takes BGR images: the first
 * convolution's input channels are reversed, so that this one takes RGB. A convolution's bias before a batch norm
 * is part of the running mean: (x + bias) - mean = x - (mean - bias). Throws an `Error` that names a missing or
 * misshapen tensor.
 */
export function stateFromKeras(program: Program, tensors: ReadonlyMap<string, KerasTensor>): ModelState {
  const read = (name: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`no tensor ${name}`);
    const same = tensor.shape.length === shape.length && tensor.shape.every((size, i) => size === shape[i]);
    if (!same) throw new Error(`tensor ${name}: expected shape [${shape}], found [${tensor.shape}]`);
    return tensor.data;
  };
  const parameters = concatenate(program.parameters, slot => parameter(slot, read));
  const statistics = concatenate(program.statistics, slot => statistic(slot, read));
  return { parameters, velocity: new Float32Array(parameters.length), statistics };
}

type Read = (name: string, shape: readonly number[]) => Float32Array;

function parameter({ name, shape }: Slot, read: Read): Float32Array {
  const [layer, field] = splitLast(name);
  if (layer === 'fc') {
    if (field === 'bias') return read('fc1000/bias', shape);
    const [outputs, inputs] = shape as [number, number];
    return reorder(read('fc1000/kernel', [inputs, outputs]), shape, (o, i) => i * outputs + o);
  }
  if (field === 'scale') return read(`${batchNorm(layer)}/gamma`, shape);
  if (field === 'shift') return read(`${batchNorm(layer)}/beta`, shape);
  const [o, i, height, width] = shape as [number, number, number, number];
  const kernel = read(`${convolution(layer)}/kernel`, [height, width, i, o]);
  const channel = layer === 'conv1' ? (c: number) => i - 1 - c : (c: number) => c;
  return reorder(
    kernel,
    [o, i, height * width],
    (filter, c, position) => (position * i + channel(c)) * o + filter,
  );
}

function statistic({ name, shape }: Slot, read: Read): Float32Array {
  const [layer, field] = splitLast(name);
  if (field === 'variance') return read(`${batchNorm(layer)}/moving_variance`, shape);
  const bias = read(`${convolution(layer.replace(/\.bn$/, ''))}/bias`, shape);
  return read(`${batchNorm(layer)}/moving_mean`, shape).map((mean, c) => mean - bias[c]!);
}

/** Keras's name of a convolution: conv2_1a is res2a_branch2a, conv2_1.projection is res2a_branch1. */
function convolution(layer: string): string {
  return layer === 'conv1' ? 'conv1' : `res${place(layer)}`;
}

/** Keras's name of the batch norm after a convolution, which is called `<convolution>.bn` here. */
function batchNorm(layer: string): string {
  const of = layer.replace(/\.bn$/, '');
  return of === 'conv1' ? 'bn_conv1' : `bn${place(of)}`;
}

function place(layer: string): string {
  const [, stage, block, branch] = /^conv(\d)_(\d+)(a|b|c|\.projection)$/.exec(layer) ?? [];
  if (!stage) throw new Error(`Keras's ResNet-50 has no layer ${layer}`);
  const letter = String.fromCharCode('a'.charCodeAt(0) + Number(block) - 1);
  return `${stage}${letter}_branch${branch === '.projection' ? '1' : `2${branch}`}`;
}

function splitLast(name: string): [string, string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/** The values at `from(i, j, k)` in row-major order of [i, j, k]. */
function reorder(
  data: Float32Array,
  [first, second, third = 1]: readonly number[],
  from: (i: number, j: number, k: number) => number,
): Float32Array {
  const out = new Float32Array(first! * second! * third);
  let to = 0;
  for (let i = 0; i < first!; i++)
    for (let j = 0; j < second!; j++) for (let k = 0; k < third; k++) out[to++] = data[from(i, j, k)]!;
  return out;
}

function concatenate(slots: readonly Slot[], values: (slot: Slot) => Float32Array): Float32Array {
  const all = new Float32Array(slots.reduce((sum, { shape }) => sum + elements(shape), 0));
  for (const slot of slots) all.set(values(slot), slot.offset);
  return all;
}
