import type { Shape } from '../../../ml/graph/ops.ts';
import { BackendError } from '../../contract.ts';
import { type Attribute, NCHWC, OnnxBuilder, type Ref } from '../onnx.ts';

/** A convolution on blocked kernels: y = activation(x * w + bias + sum). */
export interface Convolution {
  /** Blocked when a group has `block` input channels or more, plain NCHW when it has fewer. */
  x: Ref;
  w: Ref;
  /** Logical shape of w: output channels, input channels of a group, kernel height and width. */
  filters: readonly [number, number, number, number];
  strides?: readonly [number, number];
  /** Top, left, bottom, right. */
  pads?: readonly [number, number, number, number];
  dilations?: readonly [number, number];
  group?: number;
  bias?: Ref;
  sum?: Ref;
  relu?: boolean;
}

/** An order of elements as a constant, and whether it needs a zero behind the vector. */
interface Order {
  indices: Ref;
  zero: boolean;
}

/**
 * A builder with ONNX Runtime's blocked kernels. A blocked tensor has its channels padded to a multiple of `block`
 * and lies as [N, channels / block, H, W, block], while ONNX sees [N, channels, H, W]. The kernels read and write
 * whole blocks: a channel count that is no multiple corrupts memory silently. All of them are emitted, and checked, here.
 */
export class BlockedBuilder extends OnnxBuilder {
  readonly block: number;
  readonly #orders = new Map<string, Order>();

  constructor(block: number) {
    super();
    this.block = block;
  }

  /** A channel count rounded up to whole blocks. */
  padded(channels: number): number {
    return Math.ceil(channels / this.block) * this.block;
  }

  convolution({ x, w, filters, strides, pads, dilations, group = 1, bias, sum, relu }: Convolution): Ref {
    const [outputs, inputs, ...kernel] = filters;
    this.#expectBlocks('convolution outputs', outputs);
    const depthwise = group === outputs && inputs === 1;
    if (!depthwise) this.#expectBlocks('convolution outputs of a group', outputs / group);
    if (!depthwise && inputs > this.block) this.#expectBlocks('convolution inputs of a group', inputs);
    const attributes: Record<string, Attribute> = { kernel_shape: kernel };
    if (strides) attributes.strides = strides;
    if (pads) attributes.pads = pads;
    if (dilations) attributes.dilations = dilations;
    if (group > 1) attributes.group = group;
    if (relu) attributes.activation = 'Relu';
    const operands = [x, w, ...(bias || sum ? [bias ?? ''] : []), ...(sum ? [sum] : [])];
    return this.op('Conv', operands, attributes, NCHWC);
  }

  /** One value per channel times x, plus one: a depthwise 1x1 convolution. `scale` has shape [channels]. */
  affine(
    x: Ref,
    channels: number,
    scale: Ref,
    more: Pick<Convolution, 'bias' | 'sum' | 'relu'> = {},
  ): Convolution {
    return {
      x,
      w: this.reshape(scale, [channels, 1, 1, 1]),
      filters: [channels, 1, 1, 1],
      group: channels,
      ...more,
    };
  }

  /** Blocked filters times one factor per output channel, as a flat vector; `scale` has shape [outputs]. */
  scaleFilters(w: Ref, scale: Ref, outputs: number): Ref {
    const blocks = outputs / this.block;
    const apart = this.reshape(w, [blocks, -1, this.block]);
    return this.reshape(this.mul(apart, this.reshape(scale, [blocks, 1, this.block])), [-1]);
  }

  /** Blocks a plain NCHW tensor of `channels` channels. */
  reorderInput(x: Ref, channels: number): Ref {
    this.#expectBlocks('ReorderInput', channels);
    return this.op('ReorderInput', [x], {}, NCHWC);
  }

  /** The first `channels` channels of a blocked tensor, as plain NCHW. */
  reorderOutput(x: Ref, channels: number): Ref {
    return this.op('ReorderOutput', [x], { channels, channels_last: 0 }, NCHWC);
  }

  /** Max pooling of a blocked tensor; `attributes` as ONNX's MaxPool has them. */
  maxPool(x: Ref, channels: number, attributes: Record<string, Attribute>): Ref {
    this.#expectBlocks('MaxPool', channels);
    return this.op('MaxPool', [x], attributes, NCHWC);
  }

  /** Every `stride`-th row and column of a blocked tensor: a depthwise 1x1 convolution with ones. */
  subsample(x: Ref, channels: number, stride: number): Ref {
    const ones = this.floats(new Float32Array(channels).fill(1), [channels]);
    return this.convolution({ ...this.affine(x, channels, ones), strides: [stride, stride] });
  }

  /** Mean over the positions of each image: [N, channels, 1, 1], where blocked and plain layout are the same. */
  averagePool(x: Ref, channels: number): Ref {
    this.#expectBlocks('GlobalAveragePool', channels);
    return this.op('GlobalAveragePool', [x], {}, NCHWC);
  }

  /** Mean over images and positions: [channels]. */
  channelMean(x: Ref, channels: number): Ref {
    return this.op('ReduceMean', [this.averagePool(x, channels)], { axes: [0, 2, 3], keepdims: 0 });
  }

  /**
   * Mean of x * y over images and positions: [channels]. A depthwise convolution of x with y for its filters, which lie
   * alike: each is one window of at most 1024 pixels (longer sums lose digits), and the product is never stored.
   */
  channelMeanOfProduct(x: Ref, y: Ref, [n, c, height, width]: Shape): Ref {
    const [blocks, pixels] = [this.padded(c!) / this.block, height! * width!];
    let window = Math.min(pixels, 1024);
    while (pixels % window !== 0) window--;
    const windows = n! * blocks * (pixels / window);
    const filters = [windows * this.block, 1, 1, window] as const;
    const sums = this.convolution({
      x: this.reshape(x, [1, filters[0], 1, window]),
      w: this.reshape(y, filters),
      filters,
      group: filters[0],
    });
    const perWindow = this.reshape(sums, [n!, blocks, pixels / window, this.block]);
    const total = this.op('ReduceSum', [perWindow, this.ints([0, 2])], { keepdims: 0 });
    return this.mul(this.reshape(total, [-1]), this.scalar(1 / (n! * pixels)));
  }

  /** A flat vector in another order: element i is x[sources[i]], or 0 where that is -1. `name` stands for `sources`. */
  rearrange(x: Ref, name: string, sources: () => Int32Array): Ref {
    let order = this.#orders.get(name);
    if (!order) this.#orders.set(name, (order = this.#order(sources())));
    const padded = order.zero ? this.pad(x, [0], [1]) : x;
    return this.op('GatherElements', [padded, order.indices], { axis: 0 });
  }

  #order(sources: Int32Array): Order {
    // A negative index counts from the end: -1 is the zero that `rearrange` puts there.
    return { indices: this.int32(sources, [sources.length]), zero: sources.includes(-1) };
  }

  #expectBlocks(what: string, channels: number): void {
    if (channels > 0 && channels % this.block === 0) return;
    throw new BackendError(
      `blocked lowering: ${what} at ${this.scope}: expected a multiple of ${this.block} channels, received ${channels}`,
    );
  }
}
