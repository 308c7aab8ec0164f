/** The operator vocabulary: everything a network of the paper computes, forward and backward. */

/** Dimensions, outermost first. Images are NCHW, convolution weights OIHW, dense weights OI. */
export type Shape = readonly number[];

/** How many numbers a tensor of that shape holds; 1 for a scalar, whose shape is []. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Attributes of every operator. Inputs and outputs are listed in `signatures`. */
export interface Attributes {
  conv: { stride: number; pad: number };
  /** `size`: height and width of the convolution's input. */
  convInputGradient: { stride: number; pad: number; size: readonly [number, number] };
  /** `kernel`: height and width of the convolution's weights. */
  convWeightGradient: { stride: number; pad: number; kernel: readonly [number, number] };
  /** `momentum`: the weight of the new batch in the running statistics. */
  batchNorm: { epsilon: number; momentum: number };
  batchNormGradient: Record<never, never>;
  batchNormInference: { epsilon: number };
  batchNormInferenceGradient: { epsilon: number };
  relu: Record<never, never>;
  reluGradient: Record<never, never>;
  add: Record<never, never>;
  /** `channels`: of the output; the added ones are zero (sec. 3.3, option A). */
  shortcutA: { stride: number; channels: number };
  /** `channels`, `size`: of the shortcut's input. */
  shortcutAGradient: { stride: number; channels: number; size: readonly [number, number] };
  /** `pads`: rows and columns of minus infinity before and after; Caffe's ceil mode without padding is [0, 1]. */
  maxPool: { kernel: number; stride: number; pads: readonly [number, number] };
  maxPoolGradient: { kernel: number; stride: number; pads: readonly [number, number] };
  globalAveragePool: Record<never, never>;
  globalAveragePoolGradient: { size: readonly [number, number] };
  flatten: Record<never, never>;
  /** `channels`, `size`: of what was flattened. */
  flattenGradient: { channels: number; size: readonly [number, number] };
  dropout: Record<never, never>;
  bias: Record<never, never>;
  biasGradient: Record<never, never>;
  dense: Record<never, never>;
  denseInputGradient: Record<never, never>;
  denseWeightGradient: Record<never, never>;
  denseBiasGradient: Record<never, never>;
  softmaxCrossEntropy: Record<never, never>;
  softmaxCrossEntropyGradient: Record<never, never>;
  moments: Record<never, never>;
  /** `bins`: rows and columns of bins that a region is cut into. */
  roiMaxPool: { bins: number };
  roiMaxPoolGradient: { bins: number };
  gatherRows: Record<never, never>;
  /** `count`: rows of what was gathered from. */
  gatherRowsGradient: { count: number };
  sigmoidCrossEntropy: Record<never, never>;
  sigmoidCrossEntropyGradient: Record<never, never>;
  /** `sigma`: the loss is quadratic within 1 / sigma^2. */
  smoothL1: { sigma: number };
  smoothL1Gradient: { sigma: number };
}

/** The name of an operator. */
export type OpName = keyof Attributes;

/** Names of the inputs and outputs of every operator, in order. */
export const signatures = {
  conv: { inputs: ['x', 'w'], outputs: ['y'] },
  convInputGradient: { inputs: ['dy', 'w'], outputs: ['dx'] },
  convWeightGradient: { inputs: ['x', 'dy'], outputs: ['dw'] },
  // Normalised with the batch's own mean and biased variance; the running variance takes the unbiased one.
  // `inverseStd` is 1 / sqrt(variance + epsilon). A backend may keep x and mean shifted by one common constant
  // per channel as long as batchNorm, batchNormGradient and the running statistics agree about it.
  batchNorm: {
    inputs: ['x', 'gamma', 'beta', 'runningMean', 'runningVariance'],
    outputs: ['y', 'mean', 'inverseStd', 'nextRunningMean', 'nextRunningVariance'],
  },
  batchNormGradient: {
    inputs: ['dy', 'x', 'gamma', 'mean', 'inverseStd'],
    outputs: ['dx', 'dgamma', 'dbeta'],
  },
  batchNormInference: { inputs: ['x', 'gamma', 'beta', 'mean', 'variance'], outputs: ['y'] },
  // By x alone: gamma, beta and the statistics are held where it is differentiated.
  batchNormInferenceGradient: { inputs: ['dy', 'gamma', 'variance'], outputs: ['dx'] },
  relu: { inputs: ['x'], outputs: ['y'] },
  // y is relu's output: dx = dy where y > 0, else 0.
  reluGradient: { inputs: ['dy', 'y'], outputs: ['dx'] },
  add: { inputs: ['a', 'b'], outputs: ['y'] },
  shortcutA: { inputs: ['x'], outputs: ['y'] },
  shortcutAGradient: { inputs: ['dy'], outputs: ['dx'] },
  maxPool: { inputs: ['x'], outputs: ['y'] },
  // A window's gradient goes to its first largest element in row-major order; overlapping windows add up.
  maxPoolGradient: { inputs: ['dy', 'x', 'y'], outputs: ['dx'] },
  globalAveragePool: { inputs: ['x'], outputs: ['y'] },
  globalAveragePoolGradient: { inputs: ['dy'], outputs: ['dx'] },
  // [N, C, H, W] to [N, C * H * W], row-major.
  flatten: { inputs: ['x'], outputs: ['y'] },
  flattenGradient: { inputs: ['dy'], outputs: ['dx'] },
  // y = x * mask, of any shape; its gradient is the same on dy. mask: 0, or 1 / (1 - p) with probability 1 - p, drawn by
  // the harness, so that every backend leaves out the same.
  dropout: { inputs: ['x', 'mask'], outputs: ['y'] },
  // One b per channel (NCHW).
  bias: { inputs: ['x', 'b'], outputs: ['y'] },
  biasGradient: { inputs: ['dy'], outputs: ['db'] },
  dense: { inputs: ['x', 'w', 'b'], outputs: ['y'] },
  denseInputGradient: { inputs: ['dy', 'w'], outputs: ['dx'] },
  denseWeightGradient: { inputs: ['x', 'dy'], outputs: ['dw'] },
  denseBiasGradient: { inputs: ['dy'], outputs: ['db'] },
  // loss: the mean over the batch, shape []; probabilities: [N, K].
  softmaxCrossEntropy: { inputs: ['logits', 'labels'], outputs: ['loss', 'probabilities'] },
  softmaxCrossEntropyGradient: { inputs: ['probabilities', 'labels'], outputs: ['dlogits'] },
  // [mean, mean of squares] over all elements: what the standard deviations of Figure 7 are made of.
  moments: { inputs: ['x'], outputs: ['m'] },
  // cells, [R, bins * bins * K]: of each region and bin K cells of the map x, [N, C, H, W], counted through N * H * W; a
  // bin of fewer cells repeats its last one. y, [R, C, bins, bins], is their largest value.
  roiMaxPool: { inputs: ['x', 'cells'], outputs: ['y'] },
  // A bin's gradient goes to its first largest cell; bins that overlap add up.
  roiMaxPoolGradient: { inputs: ['dy', 'x', 'cells'], outputs: ['dx'] },
  // The rows of a matrix, [N, C], that rows, [R], names.
  gatherRows: { inputs: ['x', 'rows'], outputs: ['y'] },
  gatherRowsGradient: { inputs: ['dy', 'rows'], outputs: ['dx'] },
  // loss: the sum of weights * cross-entropy of targets (0 or 1) and logistic outputs, shape [].
  sigmoidCrossEntropy: { inputs: ['logits', 'targets', 'weights'], outputs: ['loss'] },
  sigmoidCrossEntropyGradient: { inputs: ['logits', 'targets', 'weights'], outputs: ['dlogits'] },
  // loss: the sum of weights * f(prediction - targets), shape []; f(d) is (sigma d)^2 / 2 within 1 / sigma^2, else
  // |d| - 1 / (2 sigma^2) (Girshick 2015; sigma in Ren et al.'s code).
  smoothL1: { inputs: ['prediction', 'targets', 'weights'], outputs: ['loss'] },
  smoothL1Gradient: { inputs: ['prediction', 'targets', 'weights'], outputs: ['dprediction'] },
} as const satisfies { [K in OpName]: { inputs: readonly string[]; outputs: readonly string[] } };

type Names<T> = T extends readonly string[] ? T[number] : never;

/** Inputs of operator K by name. */
export type Inputs<K extends OpName, V> = { [N in Names<(typeof signatures)[K]['inputs']>]: V };

/** Outputs of operator K by name. */
export type Outputs<K extends OpName, V> = { [N in Names<(typeof signatures)[K]['outputs']>]: V };
