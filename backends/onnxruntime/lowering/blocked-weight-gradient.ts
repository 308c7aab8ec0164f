import type { Node } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import type { BlockedBuilder } from './kernels.ts';
import { filterLayout } from './layout.ts';
import { Tensor } from './tensor.ts';

/**
 * dw as a convolution: channels of x are the images, its images the channels, dy the filters, dilated by the stride.
 * The images go in groups; the groups' results are added.
 */
export function convWeightGradient(
  b: BlockedBuilder,
  { x, dy }: Inputs<'convWeightGradient', Tensor>,
  { stride, pad, kernel }: Attributes['convWeightGradient'],
  { outputs: { dw } }: Node<'convWeightGradient'>,
): { dw: Tensor } {
  const [n, , height, width] = x.shape as FourD;
  const [, filters, dyHeight, dyWidth] = dy.shape as FourD;
  const layout = filterLayout(dw.shape, b.block);
  const [outputs, channels] = layout.shape;
  const perGroup = groupSize(n, filters, b.block);
  const groups = n / perGroup;

  // A window of dy's size has `kernel` positions, and more where the stride leaves rows or columns of x unread.
  const bottom = kernel[0] - 1 + (dyHeight - 1) * stride + 1 - height - pad;
  const right = kernel[1] - 1 + (dyWidth - 1) * stride + 1 - width - pad;
  const found = [kernel[0] + Math.max(0, -bottom), kernel[1] + Math.max(0, -right)] as const;
  const sums = b.convolution({
    x: imagesAsChannels(b, x, pad, Math.max(0, right)),
    w: b.reshape(grouped(b, dy.blocked(), groups, perGroup, outputs / b.block, dyHeight * dyWidth), [
      groups * outputs,
      perGroup,
      dyHeight,
      dyWidth,
    ]),
    filters: [groups * outputs, perGroup, dyHeight, dyWidth],
    pads: [pad, 0, Math.max(0, bottom), 0],
    dilations: [stride, stride],
    group: groups,
  });

  const size = outputs * found[0] * found[1];
  const sum = b.op('ReduceSum', [b.reshape(sums, [channels, groups, size]), b.ints([1])], { keepdims: 0 });
  const blocked = b.rearrange(b.reshape(sum, [-1]), `weight gradient ${dw.shape} ${found}`, () => {
    const sources = new Int32Array(layout.size);
    for (let channel = 0; channel < channels; channel++) {
      for (let output = 0; output < outputs; output++) {
        const row = channel * (outputs / b.block) + Math.floor(output / b.block);
        for (let i = 0; i < kernel[0]; i++) {
          for (let j = 0; j < kernel[1]; j++) {
            const position = (row * found[0] + i) * found[1] + j;
            sources[layout.place(output, channel, i * kernel[1] + j)] =
              position * b.block + (output % b.block);
          }
        }
      }
    }
    return sources;
  });
  return { dw: new Tensor(b, 'weights', dw.shape, { blocked }) };
}

type FourD = [number, number, number, number];

/** Images per group: the fastest of those that divide the batch. Fewer than a block: such groups read plain NCHW. */
function groupSize(n: number, filters: number, block: number): number {
  return [8, 4, 2, 1].find(size => n % size === 0 && size < block && (size < 8 || filters >= 64))!;
}

/** x as plain [channels, N, H, left + W + right]: padding the rows beforehand keeps the convolution's inner loop whole. */
function imagesAsChannels(b: BlockedBuilder, x: Tensor, left: number, right: number): Ref {
  const [n, channels, height, width] = x.shape as FourD;
  if (channels < b.block) {
    return b.pad(b.transpose(x.canonical(), [1, 0, 2, 3]), [0, 0, 0, left], [0, 0, 0, right]);
  }
  const padded = b.padded(channels);
  const blocks = padded / b.block;
  const row = left + width + right;
  const ones = b.floats(new Float32Array(padded).fill(1), [padded]);
  let v = b.convolution({ ...b.affine(x.blocked(), padded, ones), pads: [0, left, 0, right] });
  if (blocks > 1) v = b.transpose(b.reshape(v, [n, blocks, height * row * b.block]), [1, 0, 2]);
  return b.reshape(b.reorderOutput(b.reshape(v, [blocks, b.block, n * height, row]), b.block), [
    padded,
    n,
    height,
    row,
  ]);
}

/** dy's blocks ordered by group, then output block, then image of the group: the layout of blocked filters. */
function grouped(
  b: BlockedBuilder,
  dy: Ref,
  groups: number,
  perGroup: number,
  blocks: number,
  pixels: number,
): Ref {
  if (perGroup === 1 || blocks === 1) return dy;
  return b.transpose(b.reshape(dy, [groups, perGroup, blocks, pixels * b.block]), [0, 2, 1, 3]);
}
