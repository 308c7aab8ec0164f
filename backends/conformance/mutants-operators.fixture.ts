import type { Backend } from '../contract.ts';
import { reference } from '../reference/index.ts';
import type { Tensor } from '../reference/kernel.ts';
import { type Kernels, kernels } from '../reference/kernels.ts';
import { eachWindow } from '../reference/kernels-pooling.ts';
import { runGraph } from '../reference/run-graph.ts';
import { openReference } from '../reference/session.ts';
import type { RungName } from './rungs.ts';

/** The reference with one fault, and the lowest rung that can see it. */
export interface Mutant {
  name: string;
  rung: RungName;
  /** The lowest rung where single operators cannot be run; absent: the same; null: none, no session shows it. */
  withoutOperators?: RungName | null;
  backend: Backend;
}

/** Operators with a fault. */
export const operatorMutants: readonly Mutant[] = [
  computing('height and width of a kernel swapped', 'operators', 'evaluation', {
    conv: ({ x, w }, y, attributes) => kernels.conv({ x, w: { ...w, data: transposed(w) } }, y, attributes),
  }),
  computing('a convolution that begins a pixel late', 'operators', 'known answers', {
    conv({ x, w }, { y }, attributes) {
      const { stride, pad } = attributes;
      const shifted = { ...x, data: stride === 2 && pad > 0 ? shiftedByOne(x) : x.data };
      kernels.conv({ x: shifted, w }, { y }, attributes);
    },
  }),
  computing('the biased variance in the running average', 'operators', 'known answers', {
    batchNorm(inputs, outputs, attributes) {
      kernels.batchNorm(inputs, outputs, attributes);
      const { runningVariance, x } = inputs;
      const next = outputs.nextRunningVariance.data;
      const count = x.data.length / x.shape[1]!;
      const kept = 1 - attributes.momentum;
      runningVariance.data.forEach((old, c) => {
        next[c] = kept * old + ((next[c]! - kept * old) * (count - 1)) / count;
      });
    },
  }),
  computing('epsilon of 1e-5 instead of the one asked for', 'operators', 'known answers', {
    batchNorm: (i, o, attributes) => kernels.batchNorm(i, o, { ...attributes, epsilon: 1e-5 }),
  }),
  computing('epsilon of 1e-5 in evaluations', 'operators', 'known answers', {
    batchNormInference: (i, o) => kernels.batchNormInference(i, o, { epsilon: 1e-5 }),
  }),
  computing('zero channels of option A first', 'operators', 'known answers', {
    shortcutA(inputs, { y }, attributes) {
      kernels.shortcutA(inputs, { y }, attributes);
      const added = y.data.length / y.shape[0]! / y.shape[1]!;
      const [images, first] = [y.shape[0]!, (y.shape[1]! - inputs.x.shape[1]!) * added];
      const length = y.data.length / images;
      for (let n = 0; n < images; n++) {
        const image = y.data.subarray(n * length, (n + 1) * length);
        image.copyWithin(first, 0, length - first);
        image.fill(0, 0, first);
      }
    },
  }),
  computing('a softmax without its maximum taken off', 'known answers', 'known answers', {
    softmaxCrossEntropy({ logits, labels }, { loss, probabilities }) {
      const [batch, classes] = logits.shape as [number, number];
      let total = 0;
      for (let n = 0; n < batch; n++) {
        const row = logits.data.subarray(n * classes, (n + 1) * classes);
        const sum = [...row].reduce((all, each) => all + Math.exp(each), 0);
        for (let k = 0; k < classes; k++) probabilities.data[n * classes + k] = Math.exp(row[k]!) / sum;
        total += Math.log(sum) - row[labels.data[n]!]!;
      }
      loss.data[0] = total / batch;
    },
  }),
  computing('the last of equal maxima', 'gradients', 'known answers', {
    maxPoolGradient({ dy, x }, { dx }, attributes) {
      eachWindow(x.shape, dy.shape, attributes, (at, window) => {
        const last = window.reduce((best, place) => (x.data[place]! >= x.data[best]! ? place : best));
        dx.data[last]! += dy.data[at]!;
      });
    },
  }),
  computing('the gradient of a shift with the wrong sign', 'gradients', 'step', {
    batchNormGradient(inputs, outputs, attributes) {
      kernels.batchNormGradient(inputs, outputs, attributes);
      outputs.dbeta.data.forEach((value, c) => {
        outputs.dbeta.data[c] = -value;
      });
    },
  }),
  computing('a gradient summed over the batch', 'gradients', 'known answers', {
    softmaxCrossEntropyGradient(inputs, { dlogits }, attributes) {
      kernels.softmaxCrossEntropyGradient(inputs, { dlogits }, attributes);
      dlogits.data.forEach((value, i) => {
        dlogits.data[i] = value * inputs.labels.data.length;
      });
    },
  }),
  computing('a smooth L1 loss whose sigma is not squared', 'operators', 'step', {
    smoothL1: (i, o, { sigma }) => kernels.smoothL1(i, o, { sigma: Math.sqrt(sigma) }),
  }),
  computing('a logistic loss averaged over its outputs', 'operators', 'step', {
    sigmoidCrossEntropy(inputs, outputs, attributes) {
      kernels.sigmoidCrossEntropy(inputs, outputs, attributes);
      outputs.loss.data[0]! /= inputs.logits.data.length;
    },
  }),
  computing('regions that are pooled from the first image alone', 'operators', 'evaluation', {
    roiMaxPool: ({ x, cells }, y, attributes) =>
      kernels.roiMaxPool({ x, cells: inFirst(x, cells) }, y, attributes),
  }),
  computing('a dropout that does not scale what it keeps', 'operators', 'step', {
    dropout({ x, mask }, { y }) {
      x.data.forEach((value, i) => {
        y.data[i] = mask.data[i] === 0 ? 0 : value;
      });
    },
  }),
  computing('a gradient of features that come position by position', 'gradients', 'step', {
    flattenGradient({ dy }, { dx }) {
      const [, channels, height, width] = dx.shape as [number, number, number, number];
      const pixels = height * width;
      dy.data.forEach((value, i) => {
        const [image, at] = [Math.floor(i / (channels * pixels)), i % (channels * pixels)];
        dx.data[(image * channels + (at % channels)) * pixels + Math.floor(at / channels)] = value;
      });
    },
  }),
  computing('rows that are gathered without adding up', 'gradients', 'step', {
    gatherRowsGradient({ dy, rows }, { dx }) {
      const columns = dy.shape[1]!;
      dy.data.forEach((value, i) => {
        dx.data[rows.data[Math.floor(i / columns)]! * columns + (i % columns)] = value;
      });
    },
  }),
  computing('epsilon left out of the gradient of a constant batch norm', 'gradients', 'step', {
    batchNormInferenceGradient: (i, o) => kernels.batchNormInferenceGradient(i, o, { epsilon: 0 }),
  }),
  computing('the gradient of a bias of the last image alone', 'gradients', 'step', {
    biasGradient({ dy }, db, attributes) {
      const last = dy.data.slice((dy.data.length / dy.shape[0]!) * (dy.shape[0]! - 1));
      kernels.biasGradient({ dy: { shape: [1, ...dy.shape.slice(1)], data: last } }, db, attributes);
    },
  }),
  // No session shows it: what is equal in a network are zeros of a ReLU, which passes no gradient on.
  computing('the last of equal cells of a region', 'gradients', null, {
    roiMaxPoolGradient({ dy, x, cells }, { dx }, attributes) {
      const largest = pooledCells(x, cells, attributes.bins);
      dy.data.forEach((value, place) => {
        dx.data[largest(place).at(-1)!]! += value;
      });
    },
  }),
  computing('a cell that fills up a bin counted each time', 'gradients', 'step', {
    roiMaxPoolGradient({ dy, x, cells }, { dx }, attributes) {
      const largest = pooledCells(x, cells, attributes.bins);
      dy.data.forEach((value, place) => {
        const [first, ...others] = largest(place);
        for (const at of [first!, ...others.filter(other => other === first)]) dx.data[at]! += value;
      });
    },
  }),
  computing('a smooth L1 loss whose slope grows without end', 'gradients', 'step', {
    smoothL1Gradient({ prediction, targets, weights }, { dprediction }, { sigma }) {
      dprediction.data.forEach((_, i) => {
        const distance = prediction.data[i]! - targets.data[i]!;
        dprediction.data[i] = weights.data[i]! * distance * sigma ** 2;
      });
    },
  }),
  computing('a logistic loss of probabilities that are rounded to 0', 'known answers', null, {
    sigmoidCrossEntropy({ logits, targets, weights }, { loss }) {
      logits.data.forEach((z, i) => {
        const [p, target] = [1 / (1 + Math.exp(-z)), targets.data[i]!];
        loss.data[0]! -= weights.data[i]! * (target * Math.log(p) + (1 - target) * Math.log(1 - p));
      });
    },
  }),
  computing('the gradient of a logistic loss that overflows', 'known answers', null, {
    sigmoidCrossEntropyGradient({ logits, targets, weights }, { dlogits }) {
      logits.data.forEach((z, i) => {
        const probability = Math.exp(z) / (1 + Math.exp(z));
        dlogits.data[i] = weights.data[i]! * (probability - targets.data[i]!);
      });
    },
  }),
];

/** Operators with a fault, in sessions and when they are run by themselves. */
function computing(
  name: string,
  rung: RungName,
  withoutOperators: RungName | null,
  faulty: Partial<Kernels>,
): Mutant {
  const wrong = { ...kernels, ...faulty };
  const backend: Backend = {
    ...reference,
    id: 'mutant',
    open: async program => openReference(program, { kernels: wrong }),
    runGraph: async (graph, feeds) => runGraph(graph, feeds, wrong),
  };
  return { name, rung, withoutOperators, backend };
}

/** Cells of the same places in the first image. */
function inFirst(x: Tensor, cells: Tensor): Tensor {
  const pixels = x.shape[2]! * x.shape[3]!;
  return { ...cells, data: Int32Array.from(cells.data, cell => cell % pixels) };
}

/** Of each place of the pooled regions, [R, C, bins, bins], those of its largest cells in x, in their order. */
function pooledCells(x: Tensor, cells: Tensor, bins: number): (place: number) => number[] {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const inBin = cells.shape[1]! / bins ** 2;
  return place => {
    const [bin, plane] = [place % bins ** 2, Math.floor(place / bins ** 2)];
    const begin = (Math.floor(plane / channels) * bins ** 2 + bin) * inBin;
    const own = Array.from(cells.data.subarray(begin, begin + inBin), cell => {
      const [image, at] = [Math.floor(cell / (height * width)), cell % (height * width)];
      return (image * channels + (plane % channels)) * height * width + at;
    });
    const most = Math.max(...own.map(at => x.data[at]!));
    return own.filter(at => x.data[at] === most);
  };
}

/** Weights with the two axes of each kernel swapped. */
function transposed({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Float32Array {
  const [height, width] = [shape[2]!, shape[3]!];
  return Float32Array.from(data, (_, i) => {
    const [at, base] = [i % (height * width), i - (i % (height * width))];
    return data[base + (at % width) * height + Math.floor(at / width)]!;
  });
}

/** Images moved up and left by a pixel: what a padding of one less before and one more after sees. */
function shiftedByOne({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Float32Array {
  const [height, width] = [shape[2]!, shape[3]!];
  return Float32Array.from(data, (_, i) => {
    const [row, column] = [Math.floor(i / width) % height, i % width];
    return row + 1 < height && column + 1 < width ? data[i + width + 1]! : 0;
  });
}
