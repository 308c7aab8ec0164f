import type { Node, Value } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs, Shape } from '../../../ml/graph/ops.ts';
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
  const pending = {
    x: layout.inner === 1 ? x.canonical() : x.blocked(),
    w: b.reshape(w.blocked(), layout.shape),
    filters: layout.shape,
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    ...(shift && { bias: b.neg(shift) }),
  } as const;
  return { y: new Tensor(b, 'activation', y.shape, { pending, ...(shift && { shift }) }) };
}

/**
 * dx as a convolution of dy with the transposed weights, which take over dy's scale. With a stride, each of its stride x stride phases sees its
 * own taps of the kernel; the phases are the output channels of one convolution. Undefined when they do not fit.
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
  const outputs = stride * stride * b.padded(channels);
  const layout = filterLayout([outputs, filters, rows.kernel, columns.kernel], b.block);
  const name = `transposed ${w.shape} ${stride} ${pad} ${size} ${dy.shape}`;
  const weights = dy.scale ? b.scaleFilters(w.blocked(), dy.scale, b.padded(filters)) : w.blocked();
  const transposed = b.rearrange(weights, name, () => transposedSources(w.shape, layout, rows, columns, b));
  const pending = {
    x: layout.inner === 1 ? dy.plain() : dy.blocked(),
    w: b.reshape(transposed, layout.shape),
    filters: layout.shape,
    pads: [rows.before, columns.before, rows.after, columns.after],
    ...(stride > 1 && { stride }),
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

/** Where the elements of the transposed filters lie in the stored weights; -1: nowhere, they are zero. */
function transposedSources(
  weights: Shape,
  layout: FilterLayout,
  rows: PhaseTaps,
  columns: PhaseTaps,
  b: BlockedBuilder,
): Int32Array {
  const [filters, channels, , kernelWidth] = weights as FourD;
  const stored = filterLayout(weights, b.block);
  const sources = new Int32Array(layout.size).fill(-1);
  const each = (phase: number, tap: number, from: number) => {
    for (let channel = 0; channel < channels; channel++) {
      const output = phase * b.padded(channels) + channel;
      for (let filter = 0; filter < filters; filter++) {
        sources[layout.place(output, filter, tap)] = stored.place(filter, channel, from);
      }
    }
  };
  rows.taps.forEach((ofRow, rowPhase) => {
    columns.taps.forEach((ofColumn, columnPhase) => {
      ofRow.forEach((i, row) => {
        ofColumn.forEach((j, column) => {
          if (i < 0 || j < 0) return;
          const phase = rowPhase * columns.taps.length + columnPhase;
          each(phase, row * columns.kernel + column, i * kernelWidth + j);
        });
      });
    });
  });
  return sources;
}
