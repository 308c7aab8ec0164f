import type { Node, Value } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs, Shape } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import type { BlockedBuilder } from './kernels.ts';
import { type FilterLayout, filterLayout } from './layout.ts';
import type { Context } from './lowering.ts';
import { Tensor } from './tensor.ts';

/**
 * The convolution, pending: what follows may join it. Where only a batch norm reads it, it leaves out the running
 * mean: the batch's statistics are then those of small numbers, and their squares do not cancel.
 */
export function conv(
  b: BlockedBuilder,
  { x, w }: Inputs<'conv', Tensor>,
  { stride, pad }: Attributes['conv'],
  { outputs: { y } }: Node<'conv'>,
  context: Context<Tensor>,
): { y: Tensor } {
  const runningMean = runningMeanOf(y, context);
  const shift = runningMean && context.tensor(runningMean).blocked();
  const layout = filterLayout(w.shape, b.block);
  const read = skipsPixels(w.shape, stride, pad) ? subsampled(b, x, stride) : x;
  const step = read === x ? stride : 1;
  const pending = {
    x: layout.inner === 1 ? read.canonical() : read.blocked(),
    w: b.reshape(w.blocked(), layout.shape),
    filters: layout.shape,
    strides: [step, step],
    pads: [pad, pad, pad, pad],
    ...(shift && { bias: b.neg(shift) }),
  } as const;
  return { y: new Tensor(b, 'activation', y.shape, { pending, ...(shift && { shift }) }) };
}

/** Whether a convolution reads every `stride`-th pixel alone: a 1x1 layer that halves the resolution. */
export function skipsPixels(weights: Shape, stride: number, pad: number): boolean {
  return stride > 1 && pad === 0 && weights[2] === 1 && weights[3] === 1;
}

/** The pixels that such a convolution reads, once for the forward pass, the shortcut beside it and the gradients. */
export function subsampled(b: BlockedBuilder, x: Tensor, stride: number): Tensor {
  const [n, channels, height, width] = x.shape as FourD;
  const shape = [n, channels, Math.ceil(height / stride), Math.ceil(width / stride)];
  return new Tensor(b, 'activation', shape, {
    blocked: b.subsample(x.blocked(), b.padded(channels), stride),
  });
}

/**
 * dx as a convolution of dy with the transposed weights, which take over dy's scale. With a stride, each of its
 * stride x stride phases sees its own taps of the kernel; the phases are the output channels of one convolution. Only
 * the first phase has taps where pixels are skipped. Undefined when the phases do not fit.
 */
export function convInputGradient(
  b: BlockedBuilder,
  { dy, w }: Inputs<'convInputGradient', Tensor>,
  { stride, pad, size }: Attributes['convInputGradient'],
  { outputs: { dx } }: Node<'convInputGradient'>,
): { dx: Tensor } | undefined {
  const [filters, channels, kernelHeight, kernelWidth] = w.shape as FourD;
  const rows = phaseTaps(size[0], dy.shape[2]!, kernelHeight, stride, pad);
  const columns = phaseTaps(size[1], dy.shape[3]!, kernelWidth, stride, pad);
  if (!rows || !columns) return undefined;
  const sparse = skipsPixels(w.shape, stride, pad);
  const taps = sparse ? [[0]] : phasesOf(rows, columns, kernelWidth);
  const outputs = taps.length * b.padded(channels);
  const layout = filterLayout([outputs, filters, rows.kernel, columns.kernel], b.block);
  const weights = dy.scale ? b.scaleFilters(w.blocked(), dy.scale, b.padded(filters)) : w.blocked();
  const pending = {
    x: layout.inner === 1 ? dy.plain() : dy.blocked(),
    w: b.reshape(transposed(b, weights, w.shape, layout, taps), layout.shape),
    filters: layout.shape,
    pads: [rows.before, columns.before, rows.after, columns.after],
    ...(stride > 1 && { stride }),
    ...(sparse && { sparse }),
  } as const;
  return { dx: new Tensor(b, 'activation', dx.shape, { pending }) };
}

type FourD = [number, number, number, number];

/** One dimension of a transposed convolution: its kernel and padding, and per phase the taps of the weights it uses. */
interface PhaseTaps {
  taps: number[][];
  kernel: number;
  before: number;
  after: number;
}

/** The running mean of the batch norm that alone reads y, its gradient aside. */
function runningMeanOf(y: Value, context: Context<Tensor>): Value | undefined {
  let norm: Node<'batchNorm'> | undefined;
  for (const reader of context.readers(y)) {
    if (reader.op === 'batchNorm' && !norm) norm = reader as Node<'batchNorm'>;
    else if (reader.op !== 'batchNormGradient' || reader.inputs.mean !== norm?.outputs.mean) return undefined;
  }
  return norm?.inputs.runningMean;
}

/**
 * Along one dimension, dx[stride * u + phase] = sum over d of dy[u + d] * w[phase + pad - stride * d]: `taps` lists
 * the index into w (-1: none) for each phase and d. Undefined when the phases of dx are not all of one length.
 */
function phaseTaps(
  size: number,
  outputs: number,
  kernel: number,
  stride: number,
  pad: number,
): PhaseTaps | undefined {
  const first = Math.ceil((pad - kernel + 1) / stride);
  const last = Math.floor((stride - 1 + pad) / stride);
  const width = last - first + 1;
  const after = size / stride - outputs + first + width - 1;
  if (size % stride !== 0 || first > 0 || after < 0) return undefined;
  const taps = Array.from({ length: stride }, (_, phase) =>
    Array.from({ length: width }, (_, d) => {
      const tap = phase + pad - stride * (first + d);
      return tap >= 0 && tap < kernel ? tap : -1;
    }),
  );
  return { taps, kernel: width, before: -first, after };
}

/** For each phase, row by row, the tap of the stored weights that each tap of the transposed ones is; -1: none. */
function phasesOf(rows: PhaseTaps, columns: PhaseTaps, kernelWidth: number): number[][] {
  return rows.taps.flatMap(ofRow =>
    columns.taps.map(ofColumn =>
      ofRow.flatMap(i => ofColumn.map(j => (i < 0 || j < 0 ? -1 : i * kernelWidth + j))),
    ),
  );
}

/** The transposed filters in the layout of a kernel, from the stored weights. */
function transposed(
  b: BlockedBuilder,
  stored: Ref,
  weights: Shape,
  layout: FilterLayout,
  phases: number[][],
): Ref {
  const { inner, shape } = filterLayout(weights, b.block);
  if (inner === b.block && layout.inner === b.block) return transposedTiles(b, stored, shape, phases);
  return b.rearrange(stored, `transposed ${weights} ${JSON.stringify(phases)}`, () =>
    transposedSources(weights, layout, phases, b),
  );
}

/**
 * The same by whole tiles of block x block weights, which is ten times faster: tiles are transposed, then moved. Blocking
 * a tile as an image of `block` pixels is its transposition; `Transpose` of many small ones takes three times as long on
 * two threads.
 */
function transposedTiles(
  b: BlockedBuilder,
  stored: Ref,
  [filters, channels, height, width]: FilterLayout['shape'],
  phases: number[][],
): Ref {
  const [outer, inner, taps] = [filters / b.block, channels / b.block, height * width];
  const tile = b.block ** 2;
  const tiles = b.reorderInput(b.reshape(stored, [-1, b.block, b.block, 1]), b.block);
  const moved = b.transpose(b.reshape(tiles, [outer, inner, taps * tile]), [1, 0, 2]);
  const sources = phases.flat();
  if (sources.length === 1) return b.reshape(moved, [-1]);
  const byTap = b.reshape(moved, [inner, outer, taps, tile]);
  const withNone = sources.includes(-1) ? b.pad(byTap, [0, 0, 0, 0], [0, 0, 1, 0]) : byTap;
  const chosen = b.ints(sources.map(tap => (tap < 0 ? taps : tap)));
  const perPhase = b.reshape(b.op('Gather', [withNone, chosen], { axis: 2 }), [
    inner,
    outer,
    phases.length,
    -1,
  ]);
  return b.reshape(b.transpose(perPhase, [2, 0, 1, 3]), [-1]);
}

/** Where the elements of the transposed filters lie in the stored weights; -1: nowhere, they are zero. */
function transposedSources(
  weights: Shape,
  layout: FilterLayout,
  phases: number[][],
  b: BlockedBuilder,
): Int32Array {
  const [filters, channels] = weights as FourD;
  const stored = filterLayout(weights, b.block);
  const sources = new Int32Array(layout.size).fill(-1);
  phases.forEach((taps, phase) => {
    taps.forEach((from, tap) => {
      if (from < 0) return;
      for (let channel = 0; channel < channels; channel++) {
        const output = phase * b.padded(channels) + channel;
        for (let filter = 0; filter < filters; filter++) {
          sources[layout.place(output, filter, tap)] = stored.place(filter, channel, from);
        }
      }
    });
  });
  return sources;
}
