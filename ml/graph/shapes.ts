import { type Attributes, elements, type Inputs, type OpName, type Outputs, type Shape } from './ops.ts';

type ShapeRules = {
  [K in OpName]: (inputs: Inputs<K, Shape>, attributes: Attributes[K]) => Outputs<K, Shape>;
};

/** Output shapes of every operator; a mismatch between inputs is an error that names the operator. */
export const shapeRules: ShapeRules = {
  conv({ x, w }, { stride, pad }) {
    const [n, c, h, width] = rank(x, 4, 'conv x');
    const [o, i, kh, kw] = rank(w, 4, 'conv w');
    expectSame('conv channels', c, i);
    const y = [convSize(h, kh, stride, pad), convSize(width, kw, stride, pad)];
    if (y.some(size => size < 1))
      throw new Error(`conv: kernel ${kh}x${kw} is larger than its input ${h}x${width}`);
    return { y: [n, o, ...y] };
  },
  convInputGradient({ dy, w }, { stride, pad, size }) {
    const [n] = rank(dy, 4, 'convInputGradient dy');
    const [o, i, kh, kw] = rank(w, 4, 'convInputGradient w');
    const y = [convSize(size[0], kh, stride, pad), convSize(size[1], kw, stride, pad)];
    expectShape('convInputGradient dy', dy, [n, o, ...y]);
    return { dx: [n, i, ...size] };
  },
  convWeightGradient({ x, dy }, { stride, pad, kernel }) {
    const [n, c, h, width] = rank(x, 4, 'convWeightGradient x');
    const [, o] = rank(dy, 4, 'convWeightGradient dy');
    const y = [convSize(h, kernel[0], stride, pad), convSize(width, kernel[1], stride, pad)];
    expectShape('convWeightGradient dy', dy, [n, o, ...y]);
    return { dw: [o, c, ...kernel] };
  },
  batchNorm({ x, gamma, beta, runningMean, runningVariance }) {
    const [n, c, h, w] = rank(x, 4, 'batchNorm x');
    if (n * h * w < 2) throw new Error('batchNorm: a single value per channel has no variance');
    const channels = [c];
    for (const v of [gamma, beta, runningMean, runningVariance])
      expectShape('batchNorm channels', v, channels);
    return {
      y: x,
      mean: channels,
      inverseStd: channels,
      nextRunningMean: channels,
      nextRunningVariance: channels,
    };
  },
  batchNormGradient({ dy, x, gamma, mean, inverseStd }) {
    const channels = [rank(x, 4, 'batchNormGradient x')[1]];
    expectShape('batchNormGradient dy', dy, x);
    for (const v of [gamma, mean, inverseStd]) expectShape('batchNormGradient channels', v, channels);
    return { dx: x, dgamma: gamma, dbeta: gamma };
  },
  batchNormInference({ x, gamma, beta, mean, variance }) {
    const channels = [rank(x, 4, 'batchNormInference x')[1]];
    for (const v of [gamma, beta, mean, variance]) expectShape('batchNormInference channels', v, channels);
    return { y: x };
  },
  batchNormInferenceGradient({ dy, gamma, variance }) {
    const channels = [rank(dy, 4, 'batchNormInferenceGradient dy')[1]];
    for (const v of [gamma, variance]) expectShape('batchNormInferenceGradient channels', v, channels);
    return { dx: dy };
  },
  relu: ({ x }) => ({ y: x }),
  reluGradient({ dy, y }) {
    expectShape('reluGradient dy', dy, y);
    return { dx: y };
  },
  add({ a, b }) {
    expectShape('add b', b, a);
    return { y: a };
  },
  shortcutA({ x }, { stride, channels }) {
    const [n, c, h, w] = rank(x, 4, 'shortcutA x');
    if (channels < c) throw new Error(`shortcutA: cannot pad ${c} channels to ${channels}`);
    return { y: [n, channels, Math.ceil(h / stride), Math.ceil(w / stride)] };
  },
  shortcutAGradient({ dy }, { stride, channels, size }) {
    const [n, c] = rank(dy, 4, 'shortcutAGradient dy');
    const y = size.map(length => Math.ceil(length / stride));
    expectShape('shortcutAGradient dy', dy, [n, Math.max(c, channels), ...y]);
    return { dx: [n, channels, ...size] };
  },
  maxPool({ x }, { kernel, stride, pads }) {
    const [n, c, ...size] = rank(x, 4, 'maxPool x');
    return { y: [n, c, ...size.map(length => poolSize(length, kernel, stride, pads))] };
  },
  maxPoolGradient({ dy, x, y }, { kernel, stride, pads }) {
    const [n, c, ...size] = rank(x, 4, 'maxPoolGradient x');
    const pooled = [n, c, ...size.map(length => poolSize(length, kernel, stride, pads))];
    expectShape('maxPoolGradient dy', dy, pooled);
    expectShape('maxPoolGradient y', y, pooled);
    return { dx: x };
  },
  globalAveragePool({ x }) {
    const [n, c] = rank(x, 4, 'globalAveragePool x');
    return { y: [n, c] };
  },
  globalAveragePoolGradient({ dy }, { size }) {
    const [n, c] = rank(dy, 2, 'globalAveragePoolGradient dy');
    return { dx: [n, c, ...size] };
  },
  flatten({ x }) {
    const [n, ...rest] = rank(x, 4, 'flatten x');
    return { y: [n, elements(rest)] };
  },
  flattenGradient({ dy }, { channels, size }) {
    const [n, features] = rank(dy, 2, 'flattenGradient dy');
    expectSame('flattenGradient features', features, channels * elements(size));
    return { dx: [n, channels, ...size] };
  },
  dropout({ x, mask }) {
    expectShape('dropout mask', mask, x);
    return { y: x };
  },
  bias({ x, b }) {
    expectShape('bias b', b, [rank(x, 4, 'bias x')[1]]);
    return { y: x };
  },
  biasGradient: ({ dy }) => ({ db: [rank(dy, 4, 'biasGradient dy')[1]] }),
  dense({ x, w, b }) {
    const [n, i] = rank(x, 2, 'dense x');
    const [o, wi] = rank(w, 2, 'dense w');
    expectSame('dense features', i, wi);
    expectShape('dense b', b, [o]);
    return { y: [n, o] };
  },
  denseInputGradient({ dy, w }) {
    const [n, o] = rank(dy, 2, 'denseInputGradient dy');
    const [wo, i] = rank(w, 2, 'denseInputGradient w');
    expectSame('denseInputGradient outputs', o, wo);
    return { dx: [n, i] };
  },
  denseWeightGradient({ x, dy }) {
    const [n, i] = rank(x, 2, 'denseWeightGradient x');
    const [m, o] = rank(dy, 2, 'denseWeightGradient dy');
    expectSame('denseWeightGradient batch', n, m);
    return { dw: [o, i] };
  },
  denseBiasGradient: ({ dy }) => ({ db: [rank(dy, 2, 'denseBiasGradient dy')[1]] }),
  softmaxCrossEntropy({ logits, labels }) {
    expectShape('softmaxCrossEntropy labels', labels, [rank(logits, 2, 'softmaxCrossEntropy logits')[0]]);
    return { loss: [], probabilities: logits };
  },
  softmaxCrossEntropyGradient({ probabilities, labels }) {
    const [n] = rank(probabilities, 2, 'softmaxCrossEntropyGradient probabilities');
    expectShape('softmaxCrossEntropyGradient labels', labels, [n]);
    return { dlogits: probabilities };
  },
  moments: () => ({ m: [2] }),
  roiMaxPool({ x, cells }, { bins }) {
    const [, channels] = rank(x, 4, 'roiMaxPool x');
    const [regions, all] = rank(cells, 2, 'roiMaxPool cells');
    expectSame('roiMaxPool cells of a bin', all % bins ** 2, 0);
    return { y: [regions, channels, bins, bins] };
  },
  roiMaxPoolGradient({ dy, x, cells }, attributes) {
    expectShape('roiMaxPoolGradient dy', dy, shapeRules.roiMaxPool({ x, cells }, attributes).y);
    return { dx: x };
  },
  gatherRows({ x, rows }) {
    return { y: [elements(rows), rank(x, 2, 'gatherRows x')[1]] };
  },
  gatherRowsGradient({ dy, rows }, { count }) {
    const [gathered, columns] = rank(dy, 2, 'gatherRowsGradient dy');
    expectSame('gatherRowsGradient rows', gathered, elements(rows));
    return { dx: [count, columns] };
  },
  sigmoidCrossEntropy: inputs => ({ loss: weighted('sigmoidCrossEntropy', inputs.logits, inputs) }),
  sigmoidCrossEntropyGradient(inputs) {
    weighted('sigmoidCrossEntropyGradient', inputs.logits, inputs);
    return { dlogits: inputs.logits };
  },
  smoothL1: inputs => ({ loss: weighted('smoothL1', inputs.prediction, inputs) }),
  smoothL1Gradient(inputs) {
    weighted('smoothL1Gradient', inputs.prediction, inputs);
    return { dprediction: inputs.prediction };
  },
};

/** Size of a convolution's output along one dimension. */
export function convSize(size: number, kernel: number, stride: number, pad: number): number {
  return Math.floor((size + 2 * pad - kernel) / stride) + 1;
}

/** Size of a pooling's output along one dimension. */
export function poolSize(
  size: number,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
): number {
  return Math.floor((size + before + after - kernel) / stride) + 1;
}

/** The shape of a loss whose targets and weights go with its predictions. */
function weighted(
  op: string,
  predictions: Shape,
  { targets, weights }: Record<'targets' | 'weights', Shape>,
) {
  expectShape(`${op} targets`, targets, predictions);
  expectShape(`${op} weights`, weights, predictions);
  return [];
}

function rank(shape: Shape, n: 2, what: string): [number, number];
function rank(shape: Shape, n: 4, what: string): [number, number, number, number];
function rank(shape: Shape, n: number, what: string): number[] {
  if (shape.length !== n) throw new Error(`${what}: expected ${n} dimensions, received [${shape}]`);
  return [...shape];
}

function expectSame(what: string, a: number, b: number): void {
  if (a !== b) throw new Error(`${what}: ${a} and ${b} differ`);
}

function expectShape(what: string, received: Shape, expected: Shape): void {
  if (received.length !== expected.length || received.some((d, i) => d !== expected[i])) {
    throw new Error(`${what}: expected [${expected}], received [${received}]`);
  }
}
