import type { Shape } from '../../ml/graph/ops.ts';
import type { Kernel, Tensor } from './kernel.ts';

/**
 * Batch normalisation over batch and positions (Ioffe and Szegedy 2015). The batch is normalised with its biased
 * variance; the running variance takes the unbiased one, so a batch of one position per channel has none.
 */
export const batchNorm: Kernel<'batchNorm'> = (inputs, outputs, { epsilon, momentum }) => {
  const { x, gamma, beta, runningMean, runningVariance } = inputs;
  const count = x.data.length / x.shape[1]!;
  eachChannel(x.shape, (c, positions) => {
    let total = 0;
    for (const i of positions) total += x.data[i]!;
    const mean = total / count;
    let squares = 0;
    for (const i of positions) squares += (x.data[i]! - mean) ** 2;
    const inverseStd = 1 / Math.sqrt(squares / count + epsilon);
    for (const i of positions)
      outputs.y.data[i] = gamma.data[c]! * (x.data[i]! - mean) * inverseStd + beta.data[c]!;
    outputs.mean.data[c] = mean;
    outputs.inverseStd.data[c] = inverseStd;
    mix(outputs.nextRunningMean, runningMean, c, mean, momentum);
    mix(outputs.nextRunningVariance, runningVariance, c, squares / (count - 1), momentum);
  });
};

/** Gradient through the batch's own statistics; x̂ is the normalised input. */
export const batchNormGradient: Kernel<'batchNormGradient'> = (
  { dy, x, gamma, mean, inverseStd },
  outputs,
) => {
  const count = x.data.length / x.shape[1]!;
  eachChannel(x.shape, (c, positions) => {
    const normalised = (i: number) => (x.data[i]! - mean.data[c]!) * inverseStd.data[c]!;
    let dgamma = 0;
    let dbeta = 0;
    for (const i of positions) {
      dgamma += dy.data[i]! * normalised(i);
      dbeta += dy.data[i]!;
    }
    const scale = gamma.data[c]! * inverseStd.data[c]!;
    for (const i of positions) {
      outputs.dx.data[i] = scale * (dy.data[i]! - dbeta / count - (normalised(i) * dgamma) / count);
    }
    outputs.dgamma.data[c] = dgamma;
    outputs.dbeta.data[c] = dbeta;
  });
};

/** Normalisation with given statistics. */
export const batchNormInference: Kernel<'batchNormInference'> = (inputs, { y }, { epsilon }) => {
  const { x, gamma, beta, mean, variance } = inputs;
  eachChannel(x.shape, (c, positions) => {
    const scale = gamma.data[c]! / Math.sqrt(variance.data[c]! + epsilon);
    for (const i of positions) y.data[i] = scale * (x.data[i]! - mean.data[c]!) + beta.data[c]!;
  });
};

/** Its gradient by x: dy in the scale of each channel. */
export const batchNormInferenceGradient: Kernel<'batchNormInferenceGradient'> = (
  { dy, gamma, variance },
  { dx },
  { epsilon },
) => {
  eachChannel(dy.shape, (c, positions) => {
    const scale = gamma.data[c]! / Math.sqrt(variance.data[c]! + epsilon);
    for (const i of positions) dx.data[i] = scale * dy.data[i]!;
  });
};

/** Exponential moving average: `momentum` is the weight of the new value. */
function mix(next: Tensor, running: Tensor, channel: number, value: number, momentum: number): void {
  next.data[channel] = (1 - momentum) * running.data[channel]! + momentum * value;
}

/** Visits each channel with the flat indices of its elements. */
function eachChannel(shape: Shape, visit: (channel: number, positions: Int32Array) => void): void {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const plane = height * width;
  const positions = new Int32Array(batch * plane);
  for (let c = 0; c < channels; c++) {
    for (let k = 0; k < positions.length; k++) {
      positions[k] = (Math.floor(k / plane) * channels + c) * plane + (k % plane);
    }
    visit(c, positions);
  }
}
