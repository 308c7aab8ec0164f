import type { Node } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import { skipsPixels, subsampled } from './blocked-conv.ts';
import type { BlockedBuilder } from './kernels.ts';
import { filterLayout } from './layout.ts';
import { Tensor } from './tensor.ts';

/**
 * dw as a convolution: dy gives the filters, its images their channels, and a pixel's channels of x lie side by side as
 * columns: column (j, channel) of the result is the gradient of kernel column j at that channel. The images go in
 * groups; the groups' results are added.
 */
export function convWeightGradient(
  b: BlockedBuilder,
  { x: all, dy }: Inputs<'convWeightGradient', Tensor>,
  { stride: step, pad, kernel }: Attributes['convWeightGradient'],
  { outputs: { dw } }: Node<'convWeightGradient'>,
): { dw: Tensor } {
  const skips = skipsPixels(dw.shape, step, pad);
  const [x, stride] = skips ? [subsampled(b, all, step), 1] : [all, step];
  const [images, channels, height, width] = x.shape as FourD;
  const [, filters, dyHeight, dyWidth] = dy.shape as FourD;
  // The kernel takes so many channels as fit into whole blocks, or fewer than a block: images of zeros fill up.
  const n = images < b.block ? images : b.padded(images);
  const outputs = b.padded(filters);
  const perGroup = groupSize(n);
  const groups = n / perGroup;
  const together = Math.min(channels, b.block);

  // A window of dy's size has `kernel` positions, and more where the stride leaves rows or columns of x unread.
  const bottom = kernel[0] - 1 + (dyHeight - 1) * stride + 1 - height - pad;
  const right = kernel[1] - 1 + (dyWidth - 1) * stride + 1 - width - pad;
  const found = [kernel[0] + Math.max(0, -bottom), kernel[1] + Math.max(0, -right)] as const;
  const filterShape = [groups * outputs, perGroup, dyHeight, dyWidth] as const;
  const sums = b.convolution({
    x: filled(b, channelsAsColumns(b, x, pad, Math.max(0, right)), 1, n - images),
    w: b.reshape(
      grouped(b, filled(b, dy.blocked(), 0, n - images), groups, perGroup, outputs, dyHeight * dyWidth),
      filterShape,
    ),
    filters: filterShape,
    pads: [pad, 0, Math.max(0, bottom), 0],
    dilations: [stride, stride * together],
    group: groups,
  });

  const blocks = Math.ceil(channels / together);
  const perBlock = outputs * found[0] * found[1] * together;
  let sum = overGroups(b, b.reshape(sums, [blocks, groups, perBlock]), blocks, groups);
  sum = b.reshape(sum, [blocks, outputs / b.block, ...found, together, b.block]);
  if (found[0] > kernel[0] || found[1] > kernel[1]) sum = b.slice(sum, [2, 3], [0, 0], kernel);
  // To the order of stored filters; the channels lie together there as well, unless they are fewer than a block.
  const { inner } = filterLayout(dw.shape, b.block);
  const ordered = b.reshape(b.transpose(sum, inner === 1 ? [1, 4, 2, 3, 0, 5] : [1, 0, 2, 3, 4, 5]), [-1]);
  const blocked = dy.scale ? b.scaleFilters(ordered, dy.scale, outputs) : ordered;
  return { dw: new Tensor(b, 'weights', dw.shape, { blocked }) };
}

/** As many images of zeros after the last one, along an axis of a tensor of four dimensions. */
function filled(b: BlockedBuilder, v: Ref, axis: 0 | 1, count: number): Ref {
  if (count === 0) return v;
  const none = [0, 0, 0, 0];
  return b.pad(v, none, none.with(axis, count));
}

type FourD = [number, number, number, number];

/** Images per group: enough to leave few results to add, and less than a block: such groups read plain NCHW. */
function groupSize(n: number): number {
  return [4, 2, 1].find(size => n % size === 0)!;
}

/**
 * [blocks, groups, ...] added up over the groups. ReduceSum divides the groups among threads where there are several
 * blocks and more threads than blocks, and adds in another order then; a product with ones adds each in their order.
 */
function overGroups(b: BlockedBuilder, sums: Ref, blocks: number, groups: number): Ref {
  if (blocks === 1) return b.op('ReduceSum', [sums, b.ints([1])], { keepdims: 0 });
  return b.op('MatMul', [b.floats(new Float32Array(groups).fill(1), [1, groups]), sums]);
}

/**
 * x as plain [blocks, N, H, (left + W + right) * channels of a block]. That is the blocked layout as it lies, or the
 * channels last where they are no whole block. Padding the rows beforehand keeps the convolution's inner loop whole.
 */
function channelsAsColumns(b: BlockedBuilder, x: Tensor, left: number, right: number): Ref {
  const [n, channels, height, width] = x.shape as FourD;
  const row = left + width + right;
  if (channels < b.block) {
    const last = b.transpose(x.canonical(), [0, 2, 3, 1]);
    return b.reshape(b.pad(last, [0, 0, left, 0], [0, 0, right, 0]), [1, n, height, row * channels]);
  }
  const padded = b.padded(channels);
  const blocks = padded / b.block;
  let v = x.blocked();
  if (row > width) {
    // A convolution pads faster than Pad does.
    const ones = b.floats(new Float32Array(padded).fill(1), [padded]);
    v = b.convolution({ ...b.affine(v, padded, ones), pads: [0, left, 0, right] });
  }
  if (blocks > 1) v = b.transpose(b.reshape(v, [n, blocks, height * row * b.block]), [1, 0, 2]);
  return b.reshape(v, [blocks, n, height, row * b.block]);
}

/** dy's blocks ordered by group, then output block, then image of the group: the layout of blocked filters. */
function grouped(
  b: BlockedBuilder,
  dy: Ref,
  groups: number,
  perGroup: number,
  outputs: number,
  pixels: number,
): Ref {
  const blocks = outputs / b.block;
  if (perGroup === 1 || blocks === 1) return dy;
  return b.transpose(b.reshape(dy, [groups, perGroup, blocks, pixels * b.block]), [0, 2, 1, 3]);
}
