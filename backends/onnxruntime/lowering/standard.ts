import { type Attributes, elements, type OpName, type Shape } from '../../../ml/graph/ops.ts';
import { float, OnnxBuilder, type Ref } from '../onnx.ts';
import type { LocalRule, Lowering } from './lowering.ts';

/** Standard ONNX operators on plain NCHW tensors: runs on every execution provider. */
export const standard: StandardLowering = {
  name: 'standard',
  builder: () => new OnnxBuilder(),
  storage: ({ shape }) => ({ size: elements(shape) }),
  fromStored: (b, ref, { shape }) => (shape.length === 1 ? ref : b.reshape(ref, shape)),
  fromCanonical: (_b, ref) => ref,
  toStored: (b, ref) => b.reshape(ref, [-1]),
  toCanonical: (_b, ref) => ref,

  rules: {
    conv: (b, { x, w }, { stride, pad }, node) => ({
      y: b.op('Conv', [x, w], window(node.inputs.w.shape, stride, pad)),
    }),

    convInputGradient(b, { dy, w }, { stride, pad, size }, node) {
      const [, , kernelHeight, kernelWidth] = node.inputs.w.shape;
      const [, , height, width] = node.inputs.dy.shape;
      // Rows and columns of x behind the last window get no gradient; ONNX calls them output padding.
      const unread = (of: number, windows: number, kernel: number) =>
        of + 2 * pad - (windows - 1) * stride - kernel;
      const output_padding = [unread(size[0], height!, kernelHeight!), unread(size[1], width!, kernelWidth!)];
      const attributes = { ...window(node.inputs.w.shape, stride, pad), output_padding };
      return { dx: b.op('ConvTranspose', [dy, w], attributes) };
    },

    // Per image a matrix product of pixels: x^T has a row per tap of the kernel and channel. Then the images' sum. One
    // product over all images would be cut differently, and so be rounded differently, for each number of threads.
    convWeightGradient(b, { x, dy }, { stride, pad, kernel }, node) {
      const [n, filters, height, width] = node.inputs.dy.shape as FourD;
      const [, channels] = node.inputs.x.shape as FourD;
      const padded = b.pad(x, [0, 0, pad, pad], [0, 0, pad, pad]);
      const taps: Ref[] = [];
      for (let i = 0; i < kernel[0]; i++) {
        for (let j = 0; j < kernel[1]; j++) {
          const last = [i + (height - 1) * stride + 1, j + (width - 1) * stride + 1];
          taps.push(b.slice(padded, [2, 3], [i, j], last, [stride, stride]));
        }
      }
      const rows = taps.length * channels;
      const columns = b.reshape(b.concat(taps, 1), [n, rows, height * width]);
      const gradient = b.transpose(b.reshape(dy, [n, filters, height * width]), [0, 2, 1]);
      const sum = b.op('ReduceSum', [b.op('MatMul', [columns, gradient]), b.ints([0])], { keepdims: 0 });
      const dw = b.transpose(b.reshape(sum, [taps.length, channels, filters]), [2, 1, 0]);
      return { dw: b.reshape(dw, [filters, channels, ...kernel]) };
    },

    batchNorm(b, { x, gamma, beta, runningMean, runningVariance }, { epsilon, momentum }, node) {
      const [n, channels, height, width] = node.inputs.x.shape as FourD;
      const each = (v: Ref) => b.reshape(v, [channels, 1, 1]);
      const mean = b.op('ReduceMean', [x], { axes: [0, 2, 3], keepdims: 0 });
      const centred = b.sub(x, each(mean));
      const variance = b.op('ReduceMean', [b.mul(centred, centred)], { axes: [0, 2, 3], keepdims: 0 });
      const inverseStd = inverseSqrt(b, variance, epsilon);
      const pixels = n * height * width;
      const unbiased = b.mul(variance, b.scalar(pixels / (pixels - 1)));
      return {
        y: b.add(b.mul(centred, each(b.mul(gamma, inverseStd))), each(beta)),
        mean,
        inverseStd,
        nextRunningMean: blend(b, runningMean, mean, momentum),
        nextRunningVariance: blend(b, runningVariance, unbiased, momentum),
      };
    },

    // dx = gamma * inverseStd * (dy - mean(dy) - xhat * mean(dy * xhat))
    batchNormGradient(b, { dy, x, gamma, mean, inverseStd }, _, node) {
      const [n, channels, height, width] = node.inputs.x.shape as FourD;
      const each = (v: Ref) => b.reshape(v, [channels, 1, 1]);
      const average = (v: Ref) => b.op('ReduceMean', [v], { axes: [0, 2, 3], keepdims: 0 });
      const centred = b.sub(x, each(mean));
      const meanGradient = average(dy);
      const meanProduct = b.mul(average(b.mul(dy, centred)), inverseStd);
      const pixels = b.scalar(n * height * width);
      const scale = b.mul(gamma, inverseStd);
      const slope = b.mul(b.mul(scale, meanProduct), inverseStd);
      const offset = b.mul(scale, meanGradient);
      const correction = b.add(b.mul(centred, each(slope)), each(offset));
      return {
        dx: b.sub(b.mul(dy, each(scale)), correction),
        dgamma: b.mul(meanProduct, pixels),
        dbeta: b.mul(meanGradient, pixels),
      };
    },

    batchNormInference: (b, { x, gamma, beta, mean, variance }, { epsilon }) => ({
      y: b.op('BatchNormalization', [x, gamma, beta, mean, variance], { epsilon: float(epsilon) }),
    }),
    batchNormInferenceGradient: (b, { dy, gamma, variance }, { epsilon }, node) => ({
      dx: b.mul(
        dy,
        b.reshape(b.mul(gamma, inverseSqrt(b, variance, epsilon)), [node.inputs.dy.shape[1]!, 1, 1]),
      ),
    }),
    relu: (b, { x }) => ({ y: b.op('Relu', [x]) }),
    reluGradient: (b, { dy, y }) => ({ dx: b.mul(dy, positive(b, y)) }),
    add: (b, { a, b: other }) => ({ y: b.add(a, other) }),

    shortcutA(b, { x }, { stride, channels }, node) {
      const [, from, height, width] = node.inputs.x.shape as FourD;
      const read = stride === 1 ? x : b.slice(x, [2, 3], [0, 0], [height, width], [stride, stride]);
      return { y: b.pad(read, [0, 0, 0, 0], [0, channels - from, 0, 0]) };
    },

    shortcutAGradient(b, { dy }, { stride, channels, size }, node) {
      const [n, from, height, width] = node.inputs.dy.shape as FourD;
      const own = channels === from ? dy : b.slice(dy, [1], [0], [channels]);
      if (stride === 1) return { dx: own };
      const gaps = [0, 0, 0, stride - 1, 0, stride - 1];
      const spread = b.pad(b.reshape(own, [n, channels, height, 1, width, 1]), [0, 0, 0, 0, 0, 0], gaps);
      const dx = b.reshape(spread, [n, channels, height * stride, width * stride]);
      return { dx: b.slice(dx, [2, 3], [0, 0], size) };
    },

    maxPool: (b, { x }, attributes) => ({ y: b.op('MaxPool', [x], poolWindow(attributes)) }),

    // The second output of the pooling is where the maxima lie, counted through all of x; of equal elements
    // it is the first (see `signatures`).
    maxPoolGradient(b, { dy, x }, attributes, node) {
      const places = b.ops('MaxPool', [x], poolWindow(attributes), 2)[1]!;
      const { shape } = node.inputs.x;
      const zeros = b.op('Expand', [b.scalar(0), b.ints([elements(shape)])]);
      const inputs = [zeros, b.reshape(places, [-1]), b.reshape(dy, [-1])];
      return { dx: b.reshape(b.op('ScatterElements', inputs, { axis: 0, reduction: 'add' }), shape) };
    },

    globalAveragePool: (b, { x }) => ({ y: b.op('ReduceMean', [x], { axes: [2, 3], keepdims: 0 }) }),

    globalAveragePoolGradient(b, { dy }, { size: [height, width] }, node) {
      const [n, channels] = node.inputs.dy.shape as [number, number];
      const share = b.reshape(b.mul(dy, b.scalar(1 / (height * width))), [n, channels, 1, 1]);
      return { dx: b.op('Expand', [share, b.ints([n, channels, height, width])]) };
    },

    flatten: (b, { x }, _, node) => ({ y: b.reshape(x, node.outputs.y.shape) }),
    flattenGradient: (b, { dy }, _, node) => ({ dx: b.reshape(dy, node.outputs.dx.shape) }),
    dropout: (b, { x, mask }) => ({ y: b.mul(x, mask) }),
    bias: (b, { x, b: bias }, _, node) => ({
      y: b.add(x, b.reshape(bias, [node.inputs.x.shape[1]!, 1, 1])),
    }),
    // In two: one sum over both is added up in another order where threads outnumber channels.
    biasGradient(b, { dy }) {
      const perImage = b.op('ReduceSum', [dy, b.ints([2, 3])], { keepdims: 0 });
      return { db: b.op('ReduceSum', [perImage, b.ints([0])], { keepdims: 0 }) };
    },
    dense: (b, { x, w, b: bias }) => ({ y: b.op('Gemm', [x, w, bias], { transB: 1 }) }),
    denseInputGradient: (b, { dy, w }) => ({ dx: b.op('MatMul', [dy, w]) }),
    denseWeightGradient: (b, { x, dy }) => ({ dw: b.op('Gemm', [dy, x], { transA: 1 }) }),
    denseBiasGradient: (b, { dy }) => ({ db: b.op('ReduceSum', [dy, b.ints([0])], { keepdims: 0 }) }),

    softmaxCrossEntropy(b, { logits, labels }, _, node) {
      const logProbabilities = b.op('LogSoftmax', [logits], { axis: 1 });
      const chosen = b.mul(logProbabilities, oneHot(b, labels, node.inputs.logits.shape));
      const perImage = b.op('ReduceSum', [chosen, b.ints([1])], { keepdims: 0 });
      return {
        loss: b.neg(b.op('ReduceMean', [perImage], { axes: [0], keepdims: 0 })),
        probabilities: b.op('Exp', [logProbabilities]),
      };
    },

    softmaxCrossEntropyGradient(b, { probabilities, labels }, _, node) {
      const { shape } = node.inputs.probabilities;
      return { dlogits: b.mul(b.sub(probabilities, oneHot(b, labels, shape)), b.scalar(1 / shape[0]!)) };
    },

    moments(b, { x }) {
      const average = (v: Ref) => b.reshape(b.op('ReduceMean', [v], { keepdims: 0 }), [1]);
      return { m: b.op('Concat', [average(x), average(b.mul(x, x))], { axis: 0 }) };
    },

    roiMaxPool(b, { x, cells }, { bins }, node) {
      const [regions, channels] = node.outputs.y.shape as FourD;
      const most = b.op('ReduceMax', [gatheredCells(b, x, cells, node, bins)], { axes: [1], keepdims: 0 });
      return { y: b.transpose(b.reshape(most, [regions, bins, bins, channels]), [0, 3, 1, 2]) };
    },

    // The first largest cell of each bin and channel; the gradients of all bins are added up where it lies.
    roiMaxPoolGradient(b, { dy, x, cells }, { bins }, node) {
      const [n, channels, height, width] = node.inputs.x.shape as FourD;
      const [regions, all] = node.inputs.cells.shape as [number, number];
      const count = regions * bins ** 2;
      const gathered = gatheredCells(b, x, cells, node, bins);
      const which = b.reshape(b.op('ArgMax', [gathered], { axis: 1, keepdims: 0 }), [count, channels]);
      const byBin = b.reshape(cells, [count, all / bins ** 2]);
      const places = b.op('GatherElements', [byBin, which], { axis: 1 });
      const gradient = b.reshape(b.transpose(dy, [0, 2, 3, 1]), [count, channels]);
      const zeros = b.op('Expand', [b.scalar(0), b.ints([n * height * width, channels])]);
      const dx = b.op('ScatterElements', [zeros, places, gradient], { axis: 0, reduction: 'add' });
      return { dx: b.transpose(b.reshape(dx, [n, height, width, channels]), [0, 3, 1, 2]) };
    },

    gatherRows: (b, { x, rows }) => ({ y: b.op('Gather', [x, rows], { axis: 0 }) }),
    gatherRowsGradient(b, { dy, rows }, { count }, node) {
      const [gathered, columns] = node.inputs.dy.shape as [number, number];
      const zeros = b.op('Expand', [b.scalar(0), b.ints([count, columns])]);
      const places = b.op('Expand', [b.reshape(rows, [gathered, 1]), b.ints([gathered, columns])]);
      return { dx: b.op('ScatterElements', [zeros, places, dy], { axis: 0, reduction: 'add' }) };
    },

    // max(z, 0) - z t + ln(1 + e^-|z|), which overflows nowhere.
    sigmoidCrossEntropy(b, { logits, targets, weights }) {
      const tail = b.op('Log', [b.add(b.op('Exp', [b.neg(b.op('Abs', [logits]))]), b.scalar(1))]);
      const each = b.add(b.sub(b.op('Relu', [logits]), b.mul(logits, targets)), tail);
      return { loss: b.op('ReduceSum', [b.mul(weights, each)], { keepdims: 0 }) };
    },
    sigmoidCrossEntropyGradient: (b, { logits, targets, weights }) => ({
      dlogits: b.mul(weights, b.sub(b.op('Sigmoid', [logits]), targets)),
    }),

    // With m the distance in units of 1 / sigma^2, at most 1: m (distance - m / (2 sigma^2)).
    smoothL1(b, { prediction, targets, weights }, { sigma }) {
      const distance = b.op('Abs', [b.sub(prediction, targets)]);
      const within = b.op('Min', [b.mul(distance, b.scalar(sigma ** 2)), b.scalar(1)]);
      const each = b.mul(within, b.sub(distance, b.mul(within, b.scalar(0.5 / sigma ** 2))));
      return { loss: b.op('ReduceSum', [b.mul(weights, each)], { keepdims: 0 }) };
    },
    smoothL1Gradient(b, { prediction, targets, weights }, { sigma }) {
      const slope = b.mul(b.sub(prediction, targets), b.scalar(sigma ** 2));
      const clipped = b.op('Max', [b.op('Min', [slope, b.scalar(1)]), b.scalar(-1)]);
      return { dprediction: b.mul(weights, clipped) };
    },
  },
};

/** A lowering whose values are tensors of the model, and whose rules ask nothing about the rest of the graph. */
export interface StandardLowering extends Lowering<Ref> {
  readonly rules: { readonly [K in OpName]: LocalRule<Ref, OnnxBuilder, K> };
}
type FourD = [number, number, number, number];

/** 1 where y is positive, else 0. Its slope takes every normal float32 above 0 to 1: faster than comparing. */
export function positive(b: OnnxBuilder, y: Ref): Ref {
  return b.op('HardSigmoid', [y], { alpha: float(2 ** 127), beta: float(0) });
}

/** 1 / sqrt(v + epsilon). */
export function inverseSqrt(b: OnnxBuilder, v: Ref, epsilon: number): Ref {
  return b.op('Div', [b.scalar(1), b.op('Sqrt', [b.add(v, b.scalar(epsilon))])]);
}

/** (1 - share) * running + share * now. */
function blend(b: OnnxBuilder, running: Ref, now: Ref, share: number): Ref {
  return b.add(b.mul(running, b.scalar(1 - share)), b.mul(now, b.scalar(share)));
}

function window(filters: Shape, stride: number, pad: number) {
  return { kernel_shape: filters.slice(2), strides: [stride, stride], pads: [pad, pad, pad, pad] };
}

/** Attributes of a pooling. */
export function poolWindow({ kernel, stride, pads: [before, after] }: Attributes['maxPool']) {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [before, before, after, after],
  };
}

/** The cells of each bin: [regions * bins * bins, cells of a bin, C]. */
function gatheredCells(
  b: OnnxBuilder,
  x: Ref,
  cells: Ref,
  { inputs }: { inputs: Record<'x' | 'cells', { shape: Shape }> },
  bins: number,
): Ref {
  const [n, channels, height, width] = inputs.x.shape as FourD;
  const [regions, all] = inputs.cells.shape as [number, number];
  const table = b.reshape(b.transpose(x, [0, 2, 3, 1]), [n * height * width, channels]);
  const gathered = b.op('Gather', [table, b.reshape(cells, [-1])], { axis: 0 });
  return b.reshape(gathered, [regions * bins ** 2, all / bins ** 2, channels]);
}

function oneHot(b: OnnxBuilder, labels: Ref, [n, classes]: Shape): Ref {
  const range = b.int32(
    Array.from({ length: classes! }, (_, k) => k),
    [1, classes!],
  );
  return b.op('Cast', [b.op('Equal', [b.reshape(labels, [n!, 1]), range])], { to: 1 });
}
