import type { Attributes, Inputs, OpName, Outputs, Shape } from '../../ml/graph/ops.ts';

/** Where a kernel reads and writes: float32 in sessions, float64 where a test differentiates numerically. */
export type Reals = Float32Array | Float64Array;

/** A tensor in row-major order; labels are the only integers. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Reals | Int32Array;
}

/** Computes an operator into outputs that are allocated and zero. Sums are taken in float64. */
export type Kernel<K extends OpName> = (
  inputs: Inputs<K, Tensor>,
  outputs: Outputs<K, Tensor>,
  attributes: Attributes[K],
) => void;
