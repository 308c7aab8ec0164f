import type { Attributes, Inputs, OpName, Outputs } from '../../ml/graph/ops.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { batchNormTraining, meanOver } from './kernels.ts';
import { axes } from './layout.ts';

/** How an operator is computed. Images are NHWC, weights of convolutions HWIO, whatever the graph says of their shapes. */
export type Rule<K extends OpName> = (
  tf: TensorFlow,
  inputs: Inputs<K, Tensor>,
  attributes: Attributes[K],
) => Outputs<K, Tensor>;

/** Operators that are the gradient of another one. */
export type GradientOp = Extract<OpName, `${string}Gradient`>;

/** All others. */
type ForwardOp = Exclude<OpName, GradientOp>;

/** The operators of forward graphs. What a rule calls has a gradient in TensorFlow.js, or in kernels.ts. */
export const rules: { readonly [K in ForwardOp]: Rule<K> } = {
  conv: (tf, { x, w }, { stride, pad }) => {
    const [height, width] = w.shape as [number, number];
    // TensorFlow's oneDNN writes outside its memory in the weight gradient of a strided 1x1 convolution of few channels.
    if (height === 1 && width === 1) return { y: tf.conv2d(subsampled(tf, x, stride), w, 1, 'valid') };
    // With a stride TensorFlow's `same` pads after the image first.
    const isSame = stride === 1 && height === width && height === 2 * pad + 1;
    return {
      y: isSame ? tf.conv2d(x, w, 1, 'same') : tf.conv2d(padded(tf, x, [pad, pad]), w, stride, 'valid'),
    };
  },
  batchNorm: (tf, { x, gamma, beta, runningMean, runningVariance }, { epsilon, momentum }) => {
    const { y, mean, variance, inverseStd } = batchNormTraining(tf, x, gamma, beta, epsilon);
    const blend = (old: Tensor, next: Tensor) => tf.add(tf.mul(old, 1 - momentum), tf.mul(next, momentum));
    return {
      y,
      mean,
      inverseStd,
      nextRunningMean: blend(runningMean, mean),
      nextRunningVariance: blend(runningVariance, variance),
    };
  },
  batchNormInference: (tf, { x, gamma, beta, mean, variance }, { epsilon }) => ({
    y: tf.batchNorm(x, mean, variance, beta, gamma, epsilon),
  }),
  relu: (tf, { x }) => ({ y: tf.relu(x) }),
  add: (tf, { a, b }) => ({ y: tf.add(a, b) }),
  shortcutA: (tf, { x }, { stride, channels }) => ({
    y: tf.pad(subsampled(tf, x, stride), [none, none, none, [0, channels - x.shape[3]!]]),
  }),
  maxPool: (tf, { x }, { kernel, stride, pads }) => ({
    y: tf.maxPool(padded(tf, x, pads, Number.NEGATIVE_INFINITY), kernel, stride, 'valid'),
  }),
  globalAveragePool: (tf, { x }) => ({ y: tf.mean(x, [1, 2]) }),
  flatten: (tf, { x }) => ({ y: tf.reshape(tf.transpose(x, axes.imagesOut), [x.shape[0]!, -1]) }),
  dropout: (tf, { x, mask }) => ({ y: tf.mul(x, mask) }),
  bias: (tf, { x, b }) => ({ y: tf.add(x, b) }),
  dense: (tf, { x, w, b }) => ({ y: tf.add(tf.matMul(x, w, false, true), b) }),
  softmaxCrossEntropy: (tf, { logits, labels }) => {
    const isLabel = tf.cast(tf.oneHot(labels, logits.shape[1]!), 'float32');
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(isLabel, tf.logSoftmax(logits)), [1])));
    return { loss, probabilities: tf.softmax(logits) };
  },
  moments: (tf, { x }) => {
    const all = [3, 2, 1, 0];
    return { m: tf.stack([meanOver(tf, x, all), meanOver(tf, tf.square(x), all)]) };
  },
  roiMaxPool: (tf, { x, cells }, { bins }) => {
    const [regions, all] = cells.shape as [number, number];
    const channels = x.shape[3]!;
    const table = tf.reshape(x, [-1, channels]);
    const gathered = tf.gather(table, tf.reshape(cells, [-1]));
    const byBin = tf.reshape(gathered, [regions * bins ** 2, all / bins ** 2, channels]);
    return { y: tf.reshape(firstMaximum(tf, byBin), [regions, bins, bins, channels]) };
  },
  gatherRows: (tf, { x, rows }) => ({ y: tf.gather(x, rows) }),
  // max(z, 0) - z t + ln(1 + e^-|z|), which overflows nowhere.
  sigmoidCrossEntropy: (tf, { logits, targets, weights }) => {
    const tail = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
    const each = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), tail);
    return { loss: tf.sum(tf.mul(weights, each)) };
  },
  smoothL1: (tf, { prediction, targets, weights }, { sigma }) => {
    const distance = tf.abs(tf.sub(prediction, targets));
    const within = tf.minimum(tf.mul(distance, sigma ** 2), 1);
    const each = tf.mul(within, tf.sub(distance, tf.mul(within, 0.5 / sigma ** 2)));
    return { loss: tf.sum(tf.mul(weights, each)) };
  },
};

const none = [0, 0] as const;

/** The largest along the second axis; its gradient goes to the first of equals, where TensorFlow.js gives it to all. */
function firstMaximum(tf: TensorFlow, x: Tensor): Tensor {
  const [rows, cells, channels] = x.shape as [number, number, number];
  if (cells === 1) return tf.reshape(x, [rows, channels]); // oneHot has two classes at least
  const chosen = tf.oneHot(tf.reshape(tf.argMax(x, 1), [-1]), cells);
  const mask = tf.transpose(tf.reshape(tf.cast(chosen, 'float32'), [rows, channels, cells]), [0, 2, 1]);
  return tf.sum(tf.mul(x, mask), [1]);
}

function padded(tf: TensorFlow, x: Tensor, pads: readonly [number, number], value = 0): Tensor {
  return pads[0] + pads[1] === 0 ? x : tf.pad(x, [none, pads, pads, none], value);
}

/** Every `stride`-th row and column, from the first on. A strided slice has no gradient in TensorFlow.js; a slice has. */
function subsampled(tf: TensorFlow, x: Tensor, stride: number): Tensor {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const whole = tf.pad(x, [none, [0, rows * stride - height], [0, columns * stride - width], none]);
  const cells = tf.reshape(whole, [batch, rows, stride, columns, stride * channels]);
  const firsts = tf.slice(cells, [0, 0, 0, 0, 0], [batch, rows, 1, columns, channels]);
  return tf.reshape(firsts, [batch, rows, columns, channels]);
}
