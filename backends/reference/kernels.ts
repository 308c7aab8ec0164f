import type { OpName, Shape } from '../../ml/graph/ops.ts';
import type { Kernel, Tensor } from './kernel.ts';
import { conv, convInputGradient, convWeightGradient } from './kernels-convolution.ts';
import { gatherRows, gatherRowsGradient, roiMaxPool, roiMaxPoolGradient } from './kernels-gathering.ts';
import {
  sigmoidCrossEntropy,
  sigmoidCrossEntropyGradient,
  smoothL1,
  smoothL1Gradient,
} from './kernels-losses.ts';
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
} from './kernels-normalisation.ts';
import { maxPool, maxPoolGradient } from './kernels-pooling.ts';

/** A way to compute each operator. */
export type Kernels = { readonly [K in OpName]: Kernel<K> };

/** The oracle: every operator in plain loops. */
export const kernels: Kernels = {
  conv,
  convInputGradient,
  convWeightGradient,
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
  relu({ x }, { y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = Math.max(0, x.data[i]!);
  },
  reluGradient({ dy, y }, { dx }) {
    for (let i = 0; i < y.data.length; i++) dx.data[i] = y.data[i]! > 0 ? dy.data[i]! : 0;
  },
  add({ a, b }, { y }) {
    for (let i = 0; i < a.data.length; i++) y.data[i] = a.data[i]! + b.data[i]!;
  },
  shortcutA({ x }, { y }, { stride }) {
    eachShortcut(x.shape, y.shape, stride, (from, to) => {
      y.data[to] = x.data[from]!;
    });
  },
  shortcutAGradient({ dy }, { dx }, { stride }) {
    eachShortcut(dx.shape, dy.shape, stride, (from, to) => {
      dx.data[from] = dy.data[to]!;
    });
  },
  maxPool,
  maxPoolGradient,
  globalAveragePool({ x }, { y }) {
    const positions = x.shape[2]! * x.shape[3]!;
    for (let i = 0; i < y.data.length; i++) {
      y.data[i] = sum(positions, p => x.data[i * positions + p]!) / positions;
    }
  },
  globalAveragePoolGradient({ dy }, { dx }) {
    const positions = dx.shape[2]! * dx.shape[3]!;
    for (let i = 0; i < dx.data.length; i++) dx.data[i] = dy.data[Math.floor(i / positions)]! / positions;
  },
  flatten({ x }, { y }) {
    y.data.set(x.data);
  },
  flattenGradient({ dy }, { dx }) {
    dx.data.set(dy.data);
  },
  dropout({ x, mask }, { y }) {
    for (let i = 0; i < x.data.length; i++) y.data[i] = x.data[i]! * mask.data[i]!;
  },
  bias({ x, b }, { y }) {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    for (let i = 0; i < x.data.length; i++) {
      y.data[i] = x.data[i]! + b.data[Math.floor(i / (height * width)) % channels]!;
    }
  },
  biasGradient({ dy }, { db }) {
    const [, channels, height, width] = dy.shape as [number, number, number, number];
    const pixels = height * width;
    for (let c = 0; c < channels; c++) {
      db.data[c] = sum(dy.data.length / channels, i => {
        return dy.data[(Math.floor(i / pixels) * channels + c) * pixels + (i % pixels)]!;
      });
    }
  },
  dense({ x, w, b }, { y }) {
    const features = x.shape[1]!;
    eachElement(
      y,
      (n, o) => b.data[o]! + sum(features, i => x.data[n * features + i]! * w.data[o * features + i]!),
    );
  },
  denseInputGradient({ dy, w }, { dx }) {
    const [classes, features] = w.shape as [number, number];
    eachElement(dx, (n, i) => sum(classes, o => dy.data[n * classes + o]! * w.data[o * features + i]!));
  },
  denseWeightGradient({ x, dy }, { dw }) {
    const [batch, features] = x.shape as [number, number];
    const classes = dy.shape[1]!;
    eachElement(dw, (o, i) => sum(batch, n => dy.data[n * classes + o]! * x.data[n * features + i]!));
  },
  denseBiasGradient({ dy }, { db }) {
    const [batch, classes] = dy.shape as [number, number];
    for (let o = 0; o < classes; o++) db.data[o] = sum(batch, n => dy.data[n * classes + o]!);
  },
  softmaxCrossEntropy({ logits, labels }, { loss, probabilities }) {
    const [batch, classes] = logits.shape as [number, number];
    let total = 0;
    for (let n = 0; n < batch; n++) {
      const row = logits.data.subarray(n * classes, (n + 1) * classes);
      const largest = Math.max(...row); // subtracted so that exp cannot overflow
      const normaliser = sum(classes, k => Math.exp(row[k]! - largest));
      for (let k = 0; k < classes; k++) {
        probabilities.data[n * classes + k] = Math.exp(row[k]! - largest) / normaliser;
      }
      total += Math.log(normaliser) - (row[labels.data[n]!]! - largest);
    }
    loss.data[0] = total / batch;
  },
  softmaxCrossEntropyGradient({ probabilities, labels }, { dlogits }) {
    const batch = labels.data.length;
    eachElement(dlogits, (n, k, at) => (probabilities.data[at]! - (labels.data[n] === k ? 1 : 0)) / batch);
  },
  moments({ x }, { m }) {
    const count = x.data.length;
    m.data[0] = sum(count, i => x.data[i]!) / count;
    m.data[1] = sum(count, i => x.data[i]! ** 2) / count;
  },
  roiMaxPool,
  roiMaxPoolGradient,
  gatherRows,
  gatherRowsGradient,
  sigmoidCrossEntropy,
  sigmoidCrossEntropyGradient,
  smoothL1,
  smoothL1Gradient,
};

/** Visits the positions that option A connects: every `stride`-th one, in the channels that both sides have. */
function eachShortcut(x: Shape, y: Shape, stride: number, visit: (from: number, to: number) => void): void {
  const [batch, xChannels, xHeight, xWidth] = x as [number, number, number, number];
  const [, yChannels, yHeight, yWidth] = y as [number, number, number, number];
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < xChannels; c++) {
      for (let row = 0; row < yHeight; row++) {
        for (let column = 0; column < yWidth; column++) {
          const from = ((n * xChannels + c) * xHeight + row * stride) * xWidth + column * stride;
          visit(from, ((n * yChannels + c) * yHeight + row) * yWidth + column);
        }
      }
    }
  }
}

/** Fills a matrix from its row, column and flat index. */
function eachElement(matrix: Tensor, value: (row: number, column: number, at: number) => number): void {
  const columns = matrix.shape[1]!;
  for (let at = 0; at < matrix.data.length; at++) {
    matrix.data[at] = value(Math.floor(at / columns), at % columns, at);
  }
}

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
