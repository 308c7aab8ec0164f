import { elements } from '../../ml/graph/ops.ts';
import type { KernelCall, Tensor, TensorFlow } from './api.ts';

/** TensorFlow.js's own names of what computes. */
export type EngineName = 'tensorflow' | 'wasm' | 'cpu';

/** Batch norm of a training step, the variance unbiased: TensorFlow.js has only that of an evaluation. */
export function batchNormTraining(
  tf: TensorFlow,
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  epsilon: number,
): Record<'y' | 'mean' | 'variance' | 'inverseStd', Tensor> {
  const [y, mean, variance, inverseStd] = tf.engine().runKernel(norm, { x, gamma, beta }, { epsilon });
  return { y: y!, mean: mean!, variance: variance!, inverseStd: inverseStd! };
}

/**
 * The mean over axes, one after the other: engines add up in float32, which over all pixels of a batch at once would lose
 * a digit.
 */
export function meanOver(tf: TensorFlow, x: Tensor, axes: readonly number[]): Tensor {
  return axes.reduce((means, axis) => tf.mean(means, [axis]), x);
}

/** Adds to TensorFlow.js the kernels and gradients that it lacks, or has wrong, for an engine. */
export function registerKernels(tf: TensorFlow, engine: EngineName): void {
  for (const [kernelName, kernel] of Object.entries(kernels[engine])) {
    if (tf.getKernel(kernelName, engine)) tf.unregisterKernel(kernelName, engine);
    tf.registerKernel({ kernelName, backendName: engine, kernelFunc: call => kernel(tf, call) });
  }
  tf.registerGradient({
    kernelName: norm,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, true, false, true],
    gradFunc: ([dy], [x, gamma, mean, inverseStd]) => {
      const inputs = { dy: dy!, x: x!, gamma: gamma!, mean: mean!, inverseStd: inverseStd! };
      const [dx, dgamma, dbeta] = tf.engine().runKernel(normGradient, inputs);
      return { x: () => dx!, gamma: () => dgamma!, beta: () => dbeta! };
    },
  });
  // Its own gradient of ReLU keeps the input, and takes six kernels of TensorFlow.
  tf.registerGradient({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.engine().runKernel('ReluGrad', { dy, y: y! }) }),
  });
}

type Kernel = (tf: TensorFlow, call: KernelCall) => Tensor | readonly Tensor[];

/** Inputs x, gamma, beta; outputs y, mean, unbiased variance, inverse deviation. */
const norm = 'BatchNormTraining';
/** Inputs dy, x, gamma, mean, inverse deviation; outputs dx, dgamma, dbeta. */
const normGradient = 'BatchNormTrainingGrad';

/** TensorFlow runs any of its operators by name. */
interface TensorFlowBackend {
  readonly binding: { readonly TF_FLOAT: number; readonly TF_ATTR_TYPE: number };
  executeMultipleOutputs(name: string, attributes: object[], inputs: readonly Tensor[], n: number): Tensor[];
}

/** From what all engines have. */
const composed = {
  [norm]: (tf, { inputs: { x, gamma, beta }, attrs: { epsilon } }) =>
    tf.tidy(() => {
      const pixels = x!.size / gamma!.size;
      const mean = meanOver(tf, x!, pixelAxes);
      const centred = tf.sub(x!, mean);
      const biased = meanOver(tf, tf.square(centred), pixelAxes);
      const inverseStd = tf.rsqrt(tf.add(biased, epsilon as number));
      const y = tf.add(tf.mul(centred, tf.mul(gamma!, inverseStd)), beta!);
      const variance = tf.mul(biased, pixels / Math.max(1, pixels - 1));
      return [y, mean, variance, inverseStd];
    }),
  [normGradient]: (tf, { inputs: { dy, x, gamma, mean, inverseStd } }) =>
    tf.tidy(() => {
      const pixels = x!.size / gamma!.size;
      const normal = tf.mul(tf.sub(x!, mean!), inverseStd!);
      const perShift = meanOver(tf, dy!, pixelAxes);
      const perScale = meanOver(tf, tf.mul(dy!, normal), pixelAxes);
      const explained = tf.add(tf.mul(normal, perScale), perShift);
      const dx = tf.mul(tf.sub(dy!, explained), tf.mul(gamma!, inverseStd!));
      return [dx, tf.mul(perScale, pixels), tf.mul(perShift, pixels)];
    }),
  ReluGrad: (tf, { inputs: { dy, y } }) => tf.tidy(() => tf.mul(dy!, tf.step(y!))),
} satisfies Record<string, Kernel>;

/** By engine, what is registered. */
const kernels: Readonly<Record<EngineName, Readonly<Record<string, Kernel>>>> = {
  // Its FusedBatchNormV3 adds up in float32 one by one, as WASM does.
  tensorflow: {
    ...composed,
    ReluGrad: (_, { inputs: { dy, y }, backend }) => {
      const { binding, executeMultipleOutputs } = backend as TensorFlowBackend;
      const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
      return executeMultipleOutputs.call(backend, 'ReluGrad', [type], [dy!, y!], 1)[0]!;
    },
  },
  wasm: {
    ...composed,
    Conv2DBackpropFilter: convWeightGradient,
    MaxPoolGrad: maxPoolGradient,
    UnsortedSegmentSum: segmentSum,
  },
  cpu: { ...composed, UnsortedSegmentSum: segmentSum },
};

/** All but the channels, the last one first. */
const pixelAxes = [2, 1, 0];

/**
 * WASM has no such kernel: the convolution of the images, with channels for images and images for channels, with the
 * gradient, dilated by the stride.
 */
function convWeightGradient(tf: TensorFlow, { inputs: { x, dy }, attrs }: KernelCall): Tensor {
  const shape = attrs.filterShape as readonly [number, number, number, number];
  const info = tf.backend_util.computeConv2DInfo(x!.shape, shape, attrs.strides, 1, attrs.pad);
  const { top, bottom, left, right } = info.padInfo;
  return tf.tidy(() => {
    const whole = tf.pad(x!, [none, [top, bottom], [left, right], none]);
    const images = tf.transpose(whole, [3, 1, 2, 0]);
    const filters = tf.transpose(dy!, [1, 2, 0, 3]);
    const dilation = [info.strideHeight, info.strideWidth] as const;
    const found = tf.conv2d(images, filters, 1, 'valid', 'NHWC', dilation);
    const [height, width, channels, count] = shape;
    return tf.transpose(tf.slice(found, [0, 0, 0, 0], [channels, height, width, count]), [1, 2, 0, 3]);
  });
}

/** WASM gives the gradient to all of several largest elements; it is the first one's. The pooling has no padding. */
function maxPoolGradient(tf: TensorFlow, { inputs: { dy, input }, attrs }: KernelCall): Tensor {
  const [kernel, stride] = [attrs.filterSize, attrs.strides] as [number, number];
  const [x, gradient] = [input!.dataSync(), dy!.dataSync()];
  const [batch, height, width, channels] = input!.shape as [number, number, number, number];
  const [, rows, columns] = dy!.shape as [number, number, number];
  const dx = new Float32Array(x.length);
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let c = 0; c < channels; c++, at++) {
          let first = -1;
          for (let k = 0; k < kernel * kernel; k++) {
            const [row, column] = [i * stride + Math.floor(k / kernel), j * stride + (k % kernel)];
            const place = ((n * height + row) * width + column) * channels + c;
            if (first < 0 || x[place]! > x[first]!) first = place;
          }
          dx[first]! += gradient[at]!;
        }
      }
    }
  }
  return tf.tensor(dx, input!.shape);
}

/**
 * What a gather's gradient calls: rows added up where they were taken from. WASM has no such kernel; plain JavaScript's goes
 * through all rows once for each place.
 */
function segmentSum(tf: TensorFlow, { inputs: { x, segmentIds }, attrs }: KernelCall): Tensor {
  const [rows, places] = [x!.dataSync(), segmentIds!.dataSync()];
  const shape = [attrs.numSegments as number, ...x!.shape.slice(1)];
  const sums = new Float64Array(elements(shape));
  const width = rows.length / places.length;
  for (let i = 0; i < rows.length; i++)
    sums[places[Math.floor(i / width)]! * width + (i % width)]! += rows[i]!;
  return tf.tensor(Float32Array.from(sums), shape);
}

const none = [0, 0] as const;
