/** What one number or tensor of a backend was worth, and how much of an error is allowed. */
export interface Comparison {
  /** The quantity, named by layer, parameter, operator or step. */
  what: string;
  /** `rounding`: the relative L2 error; `bits`: the share of numbers that differ; `rule`: 1 when it was broken, else 0. */
  kind: 'rounding' | 'bits' | 'rule';
  error: number;
  tolerance: number;
}

/**
 * A relative L2 error in units in the last place: multiples of 2^-23, the distance of neighbouring float32 numbers at 1.
 * 1 ULP is thus a root mean square error of one float32 step of a number as large as the tensor's root mean square.
 */
export function ulps(relativeError: number): number {
  return relativeError * 2 ** 23;
}

/** float32 against the float64 sums of the reference: what rounding alone explains, with a margin. */
export const tolerances = {
  /** Outputs of one operator. */
  operator: 1e-5,
  /** Losses, logits, statistics and gradients of one step. */
  step: 1e-5,
  /**
   * Gradients of 17 layers of bottlenecks, measured without a flipped ReLU: up to 2.1e-5 off float64 (blocked), 1.4e-5
   * (standard) and 2.8e-6 (the reference itself), for conv1's shift, a small sum of large terms.
   */
  bottleneck: 5e-5,
  /** Parameters after one step: an update is about 1e-2 of them. */
  parameters: 1e-6,
  /** Losses of a training: rounding errors grow with every step. */
  training: 1e-3,
  /** Losses of a training with kinks, where rounding has not flipped a ReLU yet. */
  chaos: 1e-4,
  /** Known answers. */
  exact: 1e-6,
} as const;

/** Numbers in any array. */
type Numbers = ArrayLike<number>;

/** Relative L2 error; `scale`, if given, is what the error is relative to instead of `expected`. */
export function compare(
  what: string,
  received: Numbers,
  expected: Numbers,
  tolerance: number,
  scale: Numbers = expected,
): Comparison {
  const kind = 'rounding';
  if (received.length !== expected.length) return { what, kind, error: Number.POSITIVE_INFINITY, tolerance };
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference += (received[i]! - expected[i]!) ** 2;
  const size = norm(scale);
  return { what, kind, error: Math.sqrt(difference) / (size > 0 ? size : 1), tolerance };
}

/** Bit for bit: the error is the fraction of numbers that differ. */
export function identical(what: string, received: Float32Array, expected: Float32Array): Comparison {
  const kind = 'bits';
  if (received.length !== expected.length)
    return { what, kind, error: Number.POSITIVE_INFINITY, tolerance: 0 };
  const [a, b] = [bits(received), bits(expected)];
  return { what, kind, error: a.filter((word, i) => word !== b[i]).length / a.length, tolerance: 0 };
}

/** The first quantity outside its tolerance, NaN included; null when all agree. */
export function firstDeparture(comparisons: readonly Comparison[]): Comparison | null {
  return comparisons.find(({ error, tolerance }) => !(error <= tolerance)) ?? null;
}

function norm(values: Numbers): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}

function bits({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
