import { Graph, type InputKind } from '../../ml/graph/graph.ts';
import { type Attributes, type Inputs, type OpName, type Shape, signatures } from '../../ml/graph/ops.ts';
import { convSize, shapeRules } from '../../ml/graph/shapes.ts';
import {
  drawInput,
  drawPooling,
  epsilon,
  type InputDraws,
  type InputName,
  type InputShapes,
  isPooling,
} from './operator-inputs.ts';
import { Draw } from './random.ts';

/** Inputs of a graph by value id. */
type Feeds = Map<number, Float32Array | Int32Array>;

/** One operator on random inputs that it can meet in a network. */
export interface OperatorCase {
  name: string;
  op: OpName;
  /** A graph of one node, whose every output is an output of the graph, and its inputs. */
  build(): { graph: Graph; feeds: Feeds };
}

/** What an operator is applied to. */
interface Application<K extends OpName> {
  shapes: Inputs<K, Shape>;
  attributes: Attributes[K];
}

/** Convolutions of the paper's networks and the corners of the vocabulary; the gradients use the same list. */
const convolutions: { x: Shape; w: Shape; stride: number; pad: number }[] = [
  { x: [2, 3, 8, 8], w: [16, 3, 3, 3], stride: 1, pad: 1 },
  { x: [2, 16, 8, 8], w: [16, 16, 3, 3], stride: 1, pad: 1 },
  { x: [2, 16, 8, 8], w: [32, 16, 3, 3], stride: 2, pad: 1 },
  { x: [3, 6, 8, 8], w: [10, 6, 3, 3], stride: 2, pad: 1 },
  { x: [3, 4, 7, 5], w: [6, 4, 3, 3], stride: 1, pad: 1 },
  { x: [1, 4, 7, 5], w: [6, 4, 3, 3], stride: 2, pad: 1 },
  { x: [2, 5, 6, 6], w: [3, 5, 3, 3], stride: 1, pad: 0 },
  { x: [2, 16, 8, 8], w: [32, 16, 1, 1], stride: 1, pad: 0 },
  { x: [2, 40, 5, 6], w: [18, 40, 1, 1], stride: 1, pad: 0 },
  { x: [2, 6, 7, 7], w: [10, 6, 1, 1], stride: 2, pad: 0 },
  { x: [2, 16, 8, 6], w: [32, 16, 1, 1], stride: 2, pad: 0 },
  { x: [2, 3, 17, 17], w: [16, 3, 7, 7], stride: 2, pad: 3 },
  { x: [2, 3, 16, 20], w: [16, 3, 7, 7], stride: 2, pad: 3 },
];

const activations: Shape[] = [
  [2, 16, 8, 8],
  [3, 6, 5, 7],
];

/** Pooling in the authors' release, in PyTorch's and in VGG, and windows that overlap more. */
const poolings: { x: Shape; attributes: Attributes['maxPool'] }[] = [
  { x: [2, 16, 8, 8], attributes: { kernel: 3, stride: 2, pads: [0, 1] } },
  { x: [3, 6, 9, 7], attributes: { kernel: 3, stride: 2, pads: [0, 1] } },
  { x: [2, 16, 8, 8], attributes: { kernel: 3, stride: 2, pads: [1, 1] } },
  { x: [2, 6, 6, 8], attributes: { kernel: 2, stride: 2, pads: [0, 0] } },
  { x: [2, 20, 5, 6], attributes: { kernel: 3, stride: 1, pads: [1, 1] } },
];

/** Maps, and the cells of regions that overlap: of 5 regions in 4 bins of 6 cells, and of 3 in 9 of 4. */
const pooledRegions: { x: Shape; cells: Shape; bins: number }[] = [
  { x: [2, 16, 6, 5], cells: [5, 24], bins: 2 },
  { x: [1, 6, 7, 7], cells: [3, 36], bins: 3 },
];

/** Outputs of a detector: over positions, and over regions. */
const predictions: Shape[] = [
  [2, 12, 4, 5],
  [6, 8],
];

const applications: { readonly [K in OpName]: readonly Application<K>[] } = {
  conv: convolutions.map(({ x, w, stride, pad }) => ({ shapes: { x, w }, attributes: { stride, pad } })),
  convInputGradient: convolutions.map(c => ({
    shapes: { dy: convolved(c), w: c.w },
    attributes: { stride: c.stride, pad: c.pad, size: [c.x[2]!, c.x[3]!] },
  })),
  convWeightGradient: convolutions.map(c => ({
    shapes: { x: c.x, dy: convolved(c) },
    attributes: { stride: c.stride, pad: c.pad, kernel: [c.w[2]!, c.w[3]!] },
  })),
  batchNorm: activations.map(x => {
    const c = [x[1]!];
    return {
      shapes: { x, gamma: c, beta: c, runningMean: c, runningVariance: c },
      attributes: { epsilon, momentum: 0.1 },
    };
  }),
  batchNormGradient: activations.map(x => {
    const c = [x[1]!];
    return { shapes: { dy: x, x, gamma: c, mean: c, inverseStd: c }, attributes: {} };
  }),
  batchNormInference: activations.map(x => {
    const c = [x[1]!];
    return { shapes: { x, gamma: c, beta: c, mean: c, variance: c }, attributes: { epsilon } };
  }),
  batchNormInferenceGradient: activations.map(dy => {
    const c = [dy[1]!];
    return { shapes: { dy, gamma: c, variance: c }, attributes: { epsilon } };
  }),
  relu: activations.map(x => ({ shapes: { x }, attributes: {} })),
  reluGradient: activations.map(y => ({ shapes: { dy: y, y }, attributes: {} })),
  add: activations.map(a => ({ shapes: { a, b: a }, attributes: {} })),
  shortcutA: [
    { shapes: { x: [2, 16, 8, 8] }, attributes: { stride: 2, channels: 32 } },
    { shapes: { x: [3, 6, 7, 5] }, attributes: { stride: 2, channels: 10 } },
    { shapes: { x: [2, 4, 5, 5] }, attributes: { stride: 1, channels: 6 } },
  ],
  shortcutAGradient: [
    { shapes: { dy: [2, 32, 4, 4] }, attributes: { stride: 2, channels: 16, size: [8, 8] } },
    { shapes: { dy: [3, 10, 4, 3] }, attributes: { stride: 2, channels: 6, size: [7, 5] } },
    { shapes: { dy: [2, 6, 5, 5] }, attributes: { stride: 1, channels: 4, size: [5, 5] } },
  ],
  maxPool: poolings.map(({ x, attributes }) => ({ shapes: { x }, attributes })),
  maxPoolGradient: poolings.map(({ x, attributes }) => {
    const { y } = shapeRules.maxPool({ x }, attributes);
    return { shapes: { dy: y, x, y }, attributes };
  }),
  globalAveragePool: activations.map(x => ({ shapes: { x }, attributes: {} })),
  globalAveragePoolGradient: activations.map(x => ({
    shapes: { dy: [x[0]!, x[1]!] },
    attributes: { size: [x[2]!, x[3]!] },
  })),
  flatten: activations.map(x => ({ shapes: { x }, attributes: {} })),
  flattenGradient: activations.map(([n, channels, height, width]) => ({
    shapes: { dy: [n!, channels! * height! * width!] },
    attributes: { channels: channels!, size: [height!, width!] },
  })),
  dropout: [...activations, [5, 12]].map(x => ({ shapes: { x, mask: x }, attributes: {} })),
  bias: activations.map(x => ({ shapes: { x, b: [x[1]!] }, attributes: {} })),
  biasGradient: activations.map(dy => ({ shapes: { dy }, attributes: {} })),
  dense: [
    { shapes: { x: [4, 32], w: [10, 32], b: [10] }, attributes: {} },
    { shapes: { x: [3, 10], w: [7, 10], b: [7] }, attributes: {} },
  ],
  denseInputGradient: [
    { shapes: { dy: [4, 10], w: [10, 32] }, attributes: {} },
    { shapes: { dy: [3, 7], w: [7, 10] }, attributes: {} },
  ],
  denseWeightGradient: [
    { shapes: { x: [4, 32], dy: [4, 10] }, attributes: {} },
    { shapes: { x: [3, 10], dy: [3, 7] }, attributes: {} },
  ],
  denseBiasGradient: [{ shapes: { dy: [4, 10] }, attributes: {} }],
  softmaxCrossEntropy: [{ shapes: { logits: [5, 10], labels: [5] }, attributes: {} }],
  softmaxCrossEntropyGradient: [{ shapes: { probabilities: [5, 10], labels: [5] }, attributes: {} }],
  moments: activations.map(x => ({ shapes: { x }, attributes: {} })),
  roiMaxPool: pooledRegions.map(({ x, cells, bins }) => ({ shapes: { x, cells }, attributes: { bins } })),
  roiMaxPoolGradient: pooledRegions.map(({ x, cells, bins }) => ({
    shapes: { dy: [cells[0]!, x[1]!, bins, bins], x, cells },
    attributes: { bins },
  })),
  gatherRows: [{ shapes: { x: [3, 10], rows: [7] }, attributes: {} }],
  gatherRowsGradient: [{ shapes: { dy: [7, 10], rows: [7] }, attributes: { count: 3 } }],
  sigmoidCrossEntropy: predictions.map(x => ({
    shapes: { logits: x, targets: x, weights: x },
    attributes: {},
  })),
  sigmoidCrossEntropyGradient: predictions.map(x => ({
    shapes: { logits: x, targets: x, weights: x },
    attributes: {},
  })),
  smoothL1: predictions.map(x => ({
    shapes: { prediction: x, targets: x, weights: x },
    attributes: { sigma: 3 },
  })),
  smoothL1Gradient: predictions.map(x => ({
    shapes: { prediction: x, targets: x, weights: x },
    attributes: { sigma: 1 },
  })),
};

/** Every operator of the vocabulary on its applications. */
export const operatorCases: readonly OperatorCase[] = (Object.keys(applications) as OpName[]).flatMap(op =>
  (applications[op] as readonly Application<OpName>[]).map(application => operatorCase(op, application)),
);

/** What each input is declared as; activations and their gradients count as images. */
const kinds: { readonly [N in InputName]: InputKind } = {
  x: 'images',
  dy: 'images',
  y: 'images',
  a: 'images',
  b: 'images',
  logits: 'images',
  probabilities: 'images',
  labels: 'labels',
  cells: 'indices',
  rows: 'indices',
  prediction: 'images',
  targets: 'images',
  weights: 'images',
  mask: 'masks',
  w: 'parameter',
  gamma: 'parameter',
  beta: 'parameter',
  mean: 'statistic',
  inverseStd: 'statistic',
  variance: 'statistic',
  runningMean: 'statistic',
  runningVariance: 'statistic',
};

function operatorCase<K extends OpName>(op: K, { shapes, attributes }: Application<K>): OperatorCase {
  const described = Object.entries<unknown>({ ...attributes, ...shapes }).map(([k, v]) => `${k}=${v}`);
  const name = `${op} ${described.join(' ')}`;
  return {
    name,
    op,
    build() {
      const graph = new Graph();
      const draw = new Draw(name);
      const drawn: InputDraws = {};
      const feeds: Feeds = new Map();
      const inputs = signatures[op].inputs.map(input => {
        const kind = input === 'b' && op !== 'add' ? 'parameter' : kinds[input];
        const value = graph.input(kind, input, (shapes as InputShapes)[input]!);
        drawn[input] = isPooling(op)
          ? drawPooling(input, shapes as InputShapes, attributes as Attributes['maxPool'], drawn, draw)
          : drawInput(input, shapes as InputShapes, drawn, draw, attributes);
        feeds.set(value.id, drawn[input]);
        return [input, value] as const;
      });
      const outputs = graph.apply(op, Object.fromEntries(inputs) as never, attributes, op);
      for (const value of Object.values(outputs))
        graph.output((value as { name: string }).name, value as never);
      return { graph, feeds };
    },
  };
}

/** Shape of a convolution's output. */
function convolved({ x, w, stride, pad }: (typeof convolutions)[number]): Shape {
  return [x[0]!, w[0]!, convSize(x[2]!, w[2]!, stride, pad), convSize(x[3]!, w[3]!, stride, pad)];
}
