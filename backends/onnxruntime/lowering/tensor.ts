import type { Shape } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import type { BlockedBuilder, Convolution } from './kernels.ts';
import { type Kind, toBlocked, toCanonical } from './layout.ts';

/** A convolution that gives a value, not emitted yet: later operators may still join it. */
export interface Pending extends Convolution {
  /** The convolution gives stride x stride phases of the value as [N, stride^2 * channels, H / stride, W / stride]. */
  stride?: number;
  /** It gives the first phase alone, [N, channels, H / stride, W / stride]; the others are zero. */
  sparse?: boolean;
}

/** Where a tensor's forms come from. */
interface Source {
  canonical?: Ref;
  blocked?: Ref;
  pending?: Pending;
  /** Blocked vectors that the form of its kind and `plain` lack: value = scale * form + shift, per channel. */
  scale?: Ref;
  shift?: Ref;
}

/** A value while its model is built. Its forms are emitted when they are first asked for. */
export class Tensor {
  readonly kind: Kind;
  readonly shape: Shape;
  readonly pending: Pending | undefined;
  readonly scale: Ref | undefined;
  readonly shift: Ref | undefined;
  readonly #b: BlockedBuilder;
  #canonical: Ref | undefined;
  #plain: Ref | undefined;
  #blocked: Ref | undefined;

  constructor(
    b: BlockedBuilder,
    kind: Kind,
    shape: Shape,
    { canonical, blocked, pending, scale, shift }: Source,
  ) {
    this.#b = b;
    this.kind = kind;
    this.shape = shape;
    this.#canonical = canonical;
    this.#blocked = blocked;
    this.pending = pending;
    this.scale = scale;
    this.shift = shift;
  }

  /** The value, row-major. */
  canonical(): Ref {
    return (this.#canonical ??= this.#toCanonical());
  }

  /** Row-major like `canonical`, but without scale and shift. */
  plain(): Ref {
    if (!this.scale && !this.shift) return this.canonical();
    return (this.#plain ??= toCanonical(this.#b, this.kind, this.shape, this.blocked()));
  }

  /** The form of its kind (layout.ts), without scale and shift. */
  blocked(): Ref {
    return (this.#blocked ??= this.#toBlocked());
  }

  /** What its pending convolution gives: the blocked form, or phases of it. */
  convolved(): Ref {
    return this.#b.convolution(this.pending!);
  }

  /** All phases of a pending convolution that gives phases. */
  phases(): Ref {
    const { stride, sparse } = this.pending!;
    if (!sparse) return this.convolved();
    const others = (stride! ** 2 - 1) * this.#b.padded(this.shape[1]!);
    return this.#b.pad(this.convolved(), [0, 0, 0, 0], [0, others, 0, 0]);
  }

  #toBlocked(): Ref {
    if (!this.pending) return toBlocked(this.#b, this.kind, this.shape, this.#canonical!);
    const { stride, sparse } = this.pending;
    if (!stride) return this.convolved();
    const join = sparse ? spreadPhase : joinPhases;
    return join(this.#b, this.convolved(), this.shape, stride);
  }

  #toCanonical(): Ref {
    if (!this.scale && !this.shift) return toCanonical(this.#b, this.kind, this.shape, this.blocked());
    const scaled = this.scale ? this.#b.mul(this.plain(), this.#perChannel(this.scale)) : this.plain();
    return this.shift ? this.#b.add(scaled, this.#perChannel(this.shift)) : scaled;
  }

  /** A blocked vector in a shape that broadcasts over the row-major form. */
  #perChannel(vector: Ref): Ref {
    if (this.kind === 'vector') return toCanonical(this.#b, 'vector', this.shape, vector);
    return this.#b.reshape(toCanonical(this.#b, 'vector', [this.shape[1]!], vector), [-1, 1, 1]);
  }
}

/** Puts the phases of an activation in their places. */
function joinPhases(b: BlockedBuilder, phases: Ref, [n, c, h, w]: Shape, stride: number): Ref {
  const channels = b.padded(c!);
  const apart = [n!, stride, stride, channels / b.block, h! / stride, w! / stride, b.block];
  const joined = b.transpose(b.reshape(phases, apart), [0, 3, 4, 1, 5, 2, 6]);
  return b.reshape(joined, [n!, channels, h!, w!]);
}

/** Puts the first phase of an activation in its place, between zeros. */
function spreadPhase(b: BlockedBuilder, phase: Ref, [n, c, h, w]: Shape, stride: number): Ref {
  const channels = b.padded(c!);
  const apart = [(n! * channels) / b.block, h! / stride, 1, w! / stride, b.block];
  const gaps = [0, 0, stride - 1, 0, (stride - 1) * b.block];
  return b.reshape(b.pad(b.reshape(phase, apart), [0, 0, 0, 0, 0], gaps), [n!, channels, h!, w!]);
}
