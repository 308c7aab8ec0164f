import { batchNormOf } from '../../ml/nets/spec.ts';
import { type ModelState, type Program, partOf, type Slot, totalSize } from '../../ml/program.ts';

/**
 * A state in which a network is transparent: convolutions are zero, branches give nothing, batch norm with its running
 * statistics is the identity, and logit k is feature k. What a case puts into a layer then comes out by itself.
 */
export function transparentState(program: Program): ModelState {
  const parameters = new Float32Array(totalSize(program.parameters));
  for (const slot of program.parameters) {
    if (slot.role === 'scale') partOf(parameters, slot).fill(1);
  }
  const statistics = new Float32Array(totalSize(program.statistics));
  for (const slot of program.statistics) {
    if (slot.name.endsWith('.variance'))
      partOf(statistics, slot).fill(1 - batchNormOf(program.network)!.epsilon);
  }
  const state = { parameters, velocity: new Float32Array(parameters.length), statistics };
  const weight = slotOf(program.parameters, 'fc.weight');
  const [classes, features] = weight.shape as [number, number];
  for (let k = 0; k < Math.min(classes, features); k++) parameters[weight.offset + k * features + k] = 1;
  return state;
}

/** Shuts the residual branches of basic blocks: what passes is the shortcut. */
export function shutBranches(program: Program, { parameters }: ModelState): void {
  for (const slot of program.parameters) {
    if (/^conv\d+_\d+b\.bn\.scale$/.test(slot.name)) partOf(parameters, slot).fill(0);
  }
}

/** Lets the filters of a convolution copy its input channels, over and over, through one weight: the centre, if absent. */
export function copyChannels(program: Program, state: ModelState, layer: string, filters?: number): void {
  const weight = slotOf(program.parameters, `${layer}.weight`);
  const [count, channels, height, width] = weight.shape as [number, number, number, number];
  for (let filter = 0; filter < (filters ?? count); filter++)
    setTap(
      program,
      state,
      layer,
      { filter, channel: filter % channels, row: (height - 1) / 2, column: (width - 1) / 2 },
      1,
    );
}

/** Where a weight of a convolution is. */
export interface Tap {
  filter: number;
  channel: number;
  row: number;
  column: number;
}

/** Sets one weight of a convolution. */
export function setTap(program: Program, state: ModelState, layer: string, tap: Tap, value: number): void {
  state.parameters[tapOffset(program, layer, tap)] = value;
}

/** Where in the vector of parameters a weight of a convolution is. */
export function tapOffset(program: Program, layer: string, { filter, channel, row, column }: Tap): number {
  const { shape, offset } = slotOf(program.parameters, `${layer}.weight`);
  const [, channels, height, width] = shape as [number, number, number, number];
  return offset + ((filter * channels + channel) * height + row) * width + column;
}

/** A slot by its name. */
export function slotOf<S extends Slot>(slots: readonly S[], name: string): S {
  const found = slots.find(slot => slot.name === name);
  if (!found) throw new Error(`the network has no ${name}`);
  return found;
}
