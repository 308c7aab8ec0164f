import { elements, type Shape } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import type { BlockedBuilder } from './kernels.ts';
import type { Storage } from './lowering.ts';

/**
 * How the blocked lowering keeps a value:
 * - `plain`: row-major, as everywhere else
 * - `vector`, one number per channel: padded with zeros to whole blocks
 * - `weights` of a convolution: the filters of a blocked kernel (see `filterLayout`), as a flat vector
 * - `activation`: [N, C / block, H, W, block], padding channels zero
 */
export type Kind = 'plain' | 'vector' | 'weights' | 'activation';

/** How a blocked kernel wants filters [O, I, kh, kw]: [O / block, I / inner, kh, kw, inner, block]. */
export interface FilterLayout {
  /** O and I rounded up to whole blocks, kh and kw: what ONNX is told. */
  shape: [number, number, number, number];
  /** Input channels that lie together: a block, or 1 where there are fewer: then the kernel reads plain NCHW. */
  inner: number;
  size: number;
  /** The place of an element; `tap` counts through the kernel row by row. */
  place(output: number, input: number, tap: number): number;
}

/** The layout of filters of a shape. */
export function filterLayout([outputs, inputs, height, width]: Shape, block: number): FilterLayout {
  const inner = inputs! < block ? 1 : block;
  const [outputBlocks, inputBlocks] = [Math.ceil(outputs! / block), Math.ceil(inputs! / inner)];
  const taps = height! * width!;
  const place = (output: number, input: number, tap: number) => {
    const outer = (Math.floor(output / block) * inputBlocks + Math.floor(input / inner)) * taps + tap;
    return (outer * inner + (input % inner)) * block + (output % block);
  };
  const shape = [outputBlocks * block, inputBlocks * inner, height!, width!] as FilterLayout['shape'];
  return { shape, inner, size: shape[0] * shape[1] * taps, place };
}

/** Where a stored value's canonical elements lie. */
export function blockedStorage(kind: Kind, shape: Shape, block: number): Storage {
  if (kind === 'vector') return { size: Math.ceil(shape[0]! / block) * block };
  if (kind === 'weights')
    return { size: filterLayout(shape, block).size, indices: () => weightIndices(shape, block) };
  return { size: elements(shape) };
}

/** Emits the way from the canonical to the blocked form. */
export function toBlocked(b: BlockedBuilder, kind: Kind, shape: Shape, x: Ref): Ref {
  switch (kind) {
    case 'plain':
      return x;
    case 'vector':
      return b.pad(x, [0], [b.padded(shape[0]!) - shape[0]!]);
    case 'activation': {
      const channels = b.padded(shape[1]!);
      return b.reorderInput(b.pad(x, [0, 0, 0, 0], [0, channels - shape[1]!, 0, 0]), channels);
    }
    case 'weights':
      return b.rearrange(b.reshape(x, [-1]), `weights from ${shape}`, () => {
        const sources = new Int32Array(filterLayout(shape, b.block).size).fill(-1);
        weightIndices(shape, b.block).forEach((place, i) => {
          sources[place] = i;
        });
        return sources;
      });
  }
}

/** Emits the way from the blocked to the canonical form. */
export function toCanonical(b: BlockedBuilder, kind: Kind, shape: Shape, x: Ref): Ref {
  switch (kind) {
    case 'plain':
      return x;
    case 'vector':
      return shape[0] === b.padded(shape[0]!) ? x : b.slice(x, [0], [0], [shape[0]!]);
    case 'activation':
      return b.reorderOutput(x, shape[1]!);
    case 'weights':
      return b.reshape(
        b.rearrange(x, `weights to ${shape}`, () => weightIndices(shape, b.block)),
        shape,
      );
  }
}

/** The place of each element of row-major weights. */
function weightIndices(shape: Shape, block: number): Int32Array {
  const [outputs, inputs, height, width] = shape as FilterLayout['shape'];
  const { place } = filterLayout(shape, block);
  const indices = new Int32Array(outputs * inputs * height * width);
  let i = 0;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < height * width; tap++) indices[i++] = place(output, input, tap);
    }
  }
  return indices;
}
