import type { Shape } from '../../ml/graph/ops.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { type GradientOp, type Rule, rules } from './rules.ts';

/**
 * The gradient operators of graphs that were differentiated by us, as TensorFlow.js differentiates the forward rules. No
 * training needs them: the conformance suite compares them one by one.
 */
export const gradientRules: { readonly [K in GradientOp]: Rule<K> } = {
  convInputGradient: (tf, { dy, w }, { stride, pad, size: [height, width] }) => {
    const x = tf.zeros([dy.shape[0]!, height, width, w.shape[2]!]);
    return { dx: gradient(tf, x, dy, x => rules.conv(tf, { x, w }, { stride, pad }).y) };
  },
  convWeightGradient: (tf, { x, dy }, { stride, pad, kernel: [height, width] }) => {
    const w = tf.zeros([height, width, x.shape[3]!, dy.shape[3]!]);
    return { dw: gradient(tf, w, dy, w => rules.conv(tf, { x, w }, { stride, pad }).y) };
  },
  batchNormGradient: (tf, { dy, x, gamma, mean, inverseStd }) => {
    const epsilon = epsilonOf(tf, x, mean, inverseStd);
    const beta = tf.zeros(gamma.shape);
    const running = { runningMean: beta, runningVariance: beta };
    const [dx, dgamma, dbeta] = tf.grads(
      (x, gamma, beta) =>
        rules.batchNorm(tf, { x: x!, gamma: gamma!, beta: beta!, ...running }, { epsilon, momentum: 1 }).y,
    )([x, gamma, beta], dy);
    return { dx: dx!, dgamma: dgamma!, dbeta: dbeta! };
  },
  reluGradient: (tf, { dy, y }) => ({ dx: gradient(tf, y, dy, x => rules.relu(tf, { x }, {}).y) }),
  shortcutAGradient: (tf, { dy }, { stride, channels, size }) => {
    const x = tf.zeros([dy.shape[0]!, ...size, channels]);
    const widened = { stride, channels: dy.shape[3]! };
    return { dx: gradient(tf, x, dy, x => rules.shortcutA(tf, { x }, widened).y) };
  },
  maxPoolGradient: (tf, { dy, x }, attributes) => ({
    dx: gradient(tf, x, dy, x => rules.maxPool(tf, { x }, attributes).y),
  }),
  globalAveragePoolGradient: (tf, { dy }, { size }) => {
    const x = tf.zeros([dy.shape[0]!, ...size, dy.shape[1]!]);
    return { dx: gradient(tf, x, dy, x => rules.globalAveragePool(tf, { x }, {}).y) };
  },
  flattenGradient: (tf, { dy }, { channels, size }) => {
    const x = tf.zeros([dy.shape[0]!, ...size, channels]);
    return { dx: gradient(tf, x, dy, x => rules.flatten(tf, { x }, {}).y) };
  },
  denseInputGradient: (tf, { dy, w }) => {
    const b = tf.zeros([w.shape[0]!]);
    const x = tf.zeros([dy.shape[0]!, w.shape[1]!]);
    return { dx: gradient(tf, x, dy, x => rules.dense(tf, { x, w, b }, {}).y) };
  },
  denseWeightGradient: (tf, { x, dy }) => {
    const b = tf.zeros([dy.shape[1]!]);
    const w = tf.zeros([dy.shape[1]!, x.shape[1]!]);
    return { dw: gradient(tf, w, dy, w => rules.dense(tf, { x, w, b }, {}).y) };
  },
  denseBiasGradient: (tf, { dy }) => {
    const [batch, classes] = dy.shape as [number, number];
    const [x, w] = [tf.zeros([batch, 1]), tf.zeros([classes, 1])];
    return { db: gradient(tf, tf.zeros([classes]), dy, b => rules.dense(tf, { x, w, b }, {}).y) };
  },
  softmaxCrossEntropyGradient: (tf, { probabilities, labels }) => {
    const loss = (logits: Tensor) => rules.softmaxCrossEntropy(tf, { logits, labels }, {}).loss;
    return { dlogits: gradient(tf, tf.log(probabilities), one(tf), loss) };
  },
  batchNormInferenceGradient: (tf, { dy, gamma, variance }, attributes) => {
    const beta = tf.zeros(gamma.shape);
    const norm = (x: Tensor) =>
      rules.batchNormInference(tf, { x, gamma, beta, mean: beta, variance }, attributes);
    return { dx: gradient(tf, tf.zeros(dy.shape), dy, x => norm(x).y) };
  },
  biasGradient: (tf, { dy }) => {
    const x = tf.zeros(dy.shape);
    return { db: gradient(tf, tf.zeros([dy.shape[3]!]), dy, b => rules.bias(tf, { x, b }, {}).y) };
  },
  roiMaxPoolGradient: (tf, { dy, x, cells }, attributes) => ({
    dx: gradient(tf, x, dy, x => rules.roiMaxPool(tf, { x, cells }, attributes).y),
  }),
  gatherRowsGradient: (tf, { dy, rows }, { count }) => {
    const x = tf.zeros([count, dy.shape[1]!]);
    return { dx: gradient(tf, x, dy, x => rules.gatherRows(tf, { x, rows }, {}).y) };
  },
  sigmoidCrossEntropyGradient: (tf, { logits, ...rest }) => ({
    dlogits: gradient(
      tf,
      logits,
      one(tf),
      x => rules.sigmoidCrossEntropy(tf, { logits: x, ...rest }, {}).loss,
    ),
  }),
  smoothL1Gradient: (tf, { prediction, ...rest }, attributes) => ({
    dprediction: gradient(
      tf,
      prediction,
      one(tf),
      x => rules.smoothL1(tf, { prediction: x, ...rest }, attributes).loss,
    ),
  }),
};

/** The gradient of a loss by itself. */
function one(tf: TensorFlow): Tensor {
  return tf.reshape(tf.add(tf.zeros([1]), 1), []);
}

/** The gradient by x of what `f` makes of it. */
function gradient(tf: TensorFlow, x: Tensor, dy: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return tf.grads((x: Tensor) => f(x))([x], dy)[0]!;
}

/** The operator has no attribute for it, but it is in the inverse deviation. */
function epsilonOf(tf: TensorFlow, x: Tensor, mean: Tensor, inverseStd: Tensor): number {
  const axes: Shape = [0, 1, 2];
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
  const epsilons = tf.sub(tf.div(tf.add(tf.zeros(mean.shape), 1), tf.square(inverseStd)), variance);
  return tf.mean(epsilons).dataSync()[0]!;
}
