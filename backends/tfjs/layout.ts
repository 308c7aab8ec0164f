import { elements, type Shape } from '../../ml/graph/ops.ts';
import type { Slot } from '../../ml/program.ts';
import type { Tensor, TensorFlow } from './api.ts';

/** Orders of axes between the project's layouts, NCHW and OIHW, and those that TensorFlow.js computes in, NHWC and HWIO. */
export const axes = {
  imagesIn: [0, 2, 3, 1],
  imagesOut: [0, 3, 1, 2],
  weightsIn: [2, 3, 1, 0],
  weightsOut: [3, 2, 0, 1],
} as const;

/** A tensor in another layout, if it has the four axes of one. */
export function laidOut(tf: TensorFlow, x: Tensor, order: readonly number[]): Tensor {
  return x.shape.length === 4 ? tf.transpose(x, order) : x;
}

/** Canonical numbers as a tensor in the layout that is computed in. */
export function fed(
  tf: TensorFlow,
  data: Float32Array | Int32Array,
  shape: Shape,
  order: readonly number[] = axes.imagesIn,
): Tensor {
  const type = data instanceof Int32Array ? 'int32' : 'float32';
  return laidOut(tf, tf.tensor(data, shape, type), order);
}

/** The parts of a canonical vector by name, weights in the layout that is computed in. Differentiable. */
export function views(tf: TensorFlow, vector: Tensor, slots: readonly Slot[]): Map<string, Tensor> {
  if (slots.length === 0) return new Map();
  const sizes = slots.map(({ shape }) => elements(shape));
  const parts = tf.split(vector, sizes);
  return new Map(
    slots.map(({ name, shape }, i) => [name, laidOut(tf, tf.reshape(parts[i]!, shape), axes.weightsIn)]),
  );
}

/** Tensors one after the other as one vector. */
export function joined(tf: TensorFlow, tensors: readonly Tensor[]): Tensor {
  return tensors.length === 0 ? tf.zeros([0]) : tf.concat(tensors.map(each => tf.reshape(each, [-1])));
}

/** The numbers of a tensor, in an array of the caller's. */
export function numbers(x: Tensor): Float32Array {
  return x.dataSync().slice() as Float32Array;
}
