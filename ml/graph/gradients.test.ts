import { describe, expect, it } from 'vitest';
import { Draw } from '../../backends/conformance/random.ts';
import { runGraph64 } from '../../backends/reference/run-graph.ts';
import type { NetworkSpec } from '../nets/spec.ts';
import { buildProgram } from '../program.ts';
import { backward, type DifferentiableOp } from './gradients.ts';
import { Graph, type Value } from './graph.ts';
import { type Attributes, elements, type Shape } from './ops.ts';

/** What an operator is applied to: builds its first output from parameters that `input` declares. */
type Application = (graph: Graph, input: (name: string, shape: Shape) => Value) => Value;

const conv =
  (x: Shape, w: Shape, stride: number): Application =>
  (graph, input) =>
    graph.apply('conv', { x: input('x', x), w: input('w', w) }, { stride, pad: (w[2]! - 1) / 2 }, 'conv').y;

const applications: { [K in DifferentiableOp]: Record<string, Application> } = {
  conv: {
    '3x3': conv([2, 3, 5, 5], [4, 3, 3, 3], 1),
    '3x3, stride 2, odd size': conv([2, 3, 5, 7], [2, 3, 3, 3], 2),
    '3x3, stride 2, even size': conv([2, 2, 6, 4], [3, 2, 3, 3], 2),
    '1x1': conv([2, 3, 4, 3], [4, 3, 1, 1], 1),
    '1x1, stride 2': conv([2, 3, 5, 4], [2, 3, 1, 1], 2),
  },
  batchNorm: {
    'x, scale and shift': (graph, input) => {
      const inputs = {
        x: input('x', [3, 2, 4, 3]),
        gamma: input('gamma', [2]),
        beta: input('beta', [2]),
        runningMean: graph.input('statistic', 'runningMean', [2]),
        runningVariance: graph.input('statistic', 'runningVariance', [2]),
      };
      return graph.apply('batchNorm', inputs, { epsilon: 1e-5, momentum: 0.1 }, 'bn').y;
    },
  },
  batchNormInference: {
    'x alone': (graph, input) => {
      const held = (name: string) => graph.input('statistic', name, [2]);
      const inputs = {
        x: input('x', [3, 2, 4, 3]),
        ...{ gamma: held('gamma'), beta: held('beta'), mean: held('mean'), variance: held('variance') },
      };
      return graph.apply('batchNormInference', inputs, { epsilon: 1e-3 }, 'bn').y;
    },
  },
  bias: {
    'x and b': (graph, input) =>
      graph.apply('bias', { x: input('x', [2, 3, 3, 2]), b: input('b', [3]) }, {}, 'bias').y,
  },
  roiMaxPool: {
    'regions that overlap': (graph, input) => {
      const cells = graph.input('indices', 'cells', [4, 8]);
      return graph.apply('roiMaxPool', { x: input('x', [2, 3, 4, 3]), cells }, { bins: 2 }, 'pool').y;
    },
  },
  gatherRows: {
    'rows taken more than once': (graph, input) => {
      const rows = graph.input('indices', 'rows', [6]);
      return graph.apply('gatherRows', { x: input('x', [3, 4]), rows }, {}, 'gathered').y;
    },
  },
  relu: { x: (graph, input) => graph.apply('relu', { x: input('x', [2, 3, 3, 5]) }, {}, 'relu').y },
  add: {
    'a and b': (graph, input) =>
      graph.apply('add', { a: input('a', [2, 2, 3, 3]), b: input('b', [2, 2, 3, 3]) }, {}, 'add').y,
    'one value twice': (graph, input) => {
      const x = input('x', [2, 2, 3, 3]);
      return graph.apply('add', { a: x, b: x }, {}, 'add').y;
    },
  },
  shortcutA: {
    'stride 2, odd size': shortcutA([2, 3, 5, 7], 2, 5),
    'stride 2, even size': shortcutA([2, 2, 4, 6], 2, 4),
    'stride 1': shortcutA([2, 2, 3, 3], 1, 3),
  },
  maxPool: {
    '3x3, stride 2, cut off at the end': maxPool([2, 2, 6, 8], { kernel: 3, stride: 2, pads: [0, 1] }),
    '3x3, stride 2, padded': maxPool([2, 2, 7, 6], { kernel: 3, stride: 2, pads: [1, 1] }),
    '2x2, stride 2': maxPool([2, 2, 4, 6], { kernel: 2, stride: 2, pads: [0, 0] }),
  },
  globalAveragePool: {
    x: (graph, input) => graph.apply('globalAveragePool', { x: input('x', [3, 4, 3, 5]) }, {}, 'pool').y,
  },
  flatten: {
    x: (graph, input) => graph.apply('flatten', { x: input('x', [3, 2, 3, 4]) }, {}, 'flatten').y,
  },
  dropout: {
    'x of four dimensions': dropout([2, 3, 3, 2]),
    'x of two dimensions': dropout([3, 5]),
  },
  dense: {
    'x, w and b': (graph, input) =>
      graph.apply('dense', { x: input('x', [3, 4]), w: input('w', [5, 4]), b: input('b', [5]) }, {}, 'fc').y,
  },
  softmaxCrossEntropy: { logits: (_graph, input) => input('logits', [4, 5]) },
  sigmoidCrossEntropy: { logits: (_graph, input) => input('logits', [2, 3, 2, 2]) },
  smoothL1: { prediction: (_graph, input) => input('prediction', [4, 6]) },
};

/** Operators that are losses themselves, applied to what the table has of them. */
const losses: { [K in DifferentiableOp]?: (graph: Graph, x: Value) => Value } = {
  sigmoidCrossEntropy: (graph, logits) =>
    graph.apply('sigmoidCrossEntropy', { logits, ...aims(graph, logits.shape) }, {}, 'loss').loss,
  smoothL1: (graph, prediction) =>
    graph.apply('smoothL1', { prediction, ...aims(graph, prediction.shape) }, { sigma: 2 }, 'loss').loss,
};

function aims(graph: Graph, shape: Shape) {
  return {
    targets: graph.input('targets', 'targets', shape),
    weights: graph.input('targets', 'weights', shape),
  };
}

describe('gradient rules agree with central differences', () => {
  for (const [op, variants] of Object.entries(applications)) {
    it.each(Object.entries(variants))(`${op}: %s`, (_variant, application) => {
      const graph = new Graph();
      const value = application(graph, (name, shape) => graph.input('parameter', name, shape));
      const loss = losses[op as DifferentiableOp] ?? classify;
      expectDifferences(graph, loss(graph, value));
    });
  }

  it('a sum of losses has the sum of their gradients', () => {
    const graph = new Graph();
    const x = graph.input('parameter', 'x', [4, 3]);
    const labels = graph.input('labels', 'labels', [4]);
    const first = graph.apply('softmaxCrossEntropy', { logits: x, labels }, {}, 'classes').loss;
    const second = losses.smoothL1!(graph, x);
    expectDifferences(graph, graph.apply('add', { a: first, b: second }, {}, 'sum').y);
  });

  it('sums the contributions of all readers of a value', () => {
    const graph = new Graph();
    const x = graph.input('parameter', 'x', [2, 2, 3, 3]);
    const w = graph.input('parameter', 'w', [2, 2, 3, 3]);
    const first = graph.apply('conv', { x, w }, { stride: 1, pad: 1 }, 'first').y;
    const second = graph.apply('conv', { x: first, w }, { stride: 1, pad: 1 }, 'second').y; // w is shared too
    const sum = graph.apply('add', { a: second, b: x }, {}, 'sum').y;
    expectDifferences(graph, classify(graph, graph.apply('add', { a: sum, b: first }, {}, 'sum2').y));
  });

  const common = {
    family: 'residual',
    classes: 3,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 'he' },
  } as const;
  const cifar = {
    ...common,
    block: 'basic',
    blocks: [1, 1, 1],
    widths: [2, 3, 4],
    strideIn: 'first1x1',
    stem: 'small',
  } as const;
  const imageNet = {
    ...common,
    block: 'bottleneck',
    blocks: [1, 1, 1, 1],
    widths: [2, 2, 3, 3],
    stem: 'imagenet',
  } as const;
  const nets: Record<string, { network: NetworkSpec; imageSize: number }> = {
    resnet: { network: { ...cifar, shortcut: 'A' }, imageSize: 8 },
    plain: { network: { ...cifar, shortcut: 'none' }, imageSize: 8 },
    'bottleneck B': {
      network: { ...imageNet, shortcut: 'B', strideIn: 'first1x1' },
      imageSize: 33,
    },
    'bottleneck C': { network: { ...imageNet, shortcut: 'C', strideIn: '3x3' }, imageSize: 33 },
  };
  it.each(Object.entries(nets))('a whole %s net', (_name, { network, imageSize }) => {
    const program = buildProgram({
      network,
      imageSize,
      sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
      trainBatch: 4,
      evaluationBatch: 4,
    });
    const { graph, loss, gradients } = program.train();
    const parameters = graph.inputs.filter(i => i.kind === 'parameter').map(i => i.value);
    // Batch norm over a few values bends the loss: the error of the difference itself grows with its third derivative.
    compare(graph, loss, new Map(parameters.map((p, i) => [p, gradients[i]!])), 5, 1e-7);
  });
});

describe('backward', () => {
  it('asks for no gradient of the images', () => {
    const graph = new Graph();
    const x = graph.input('images', 'images', [2, 3, 4, 4]);
    const w = graph.input('parameter', 'w', [2, 3, 3, 3]);
    const loss = classify(graph, graph.apply('conv', { x, w }, { stride: 1, pad: 1 }, 'conv').y);
    const gradients = backward(graph, loss);
    expect(gradients.has(x.id)).toBe(false);
    const ofConv = graph.nodes.filter(n => Object.values<Value>(n.inputs).includes(x));
    expect(ofConv.map(n => n.op)).toEqual(['conv', 'convWeightGradient']);
  });

  it('names an operator that has no rule', () => {
    const graph = new Graph();
    const x = graph.input('parameter', 'x', [2, 3]);
    const dy = graph.apply('denseBiasGradient', { dy: x }, {}, 'node').db;
    expect(() => backward(graph, dy)).toThrow('denseBiasGradient has no gradient rule');
  });
});

function shortcutA(x: Shape, stride: number, channels: number): Application {
  return (graph, input) => graph.apply('shortcutA', { x: input('x', x) }, { stride, channels }, 'shortcut').y;
}

function dropout(shape: Shape): Application {
  return (graph, input) => {
    const mask = graph.input('masks', 'mask', shape);
    return graph.apply('dropout', { x: input('x', shape), mask }, {}, 'dropout').y;
  };
}

/** Normal numbers have no ties, so that a small step changes no maximum. */
function maxPool(x: Shape, attributes: Attributes['maxPool']): Application {
  return (graph, input) => graph.apply('maxPool', { x: input('x', x) }, attributes, 'pool').y;
}

/** A loss in which every element of a value has a weight of its own: a constant kernel as large as the image. */
function classify(graph: Graph, value: Value): Value {
  let logits = value;
  if (value.shape.length === 4) {
    const [, channels, height, width] = value.shape as [number, number, number, number];
    const w = graph.input('images', 'readout', [3, channels, height, width]);
    const y = graph.apply('conv', { x: value, w }, { stride: 1, pad: 0 }, 'readout').y;
    logits = graph.apply('globalAveragePool', { x: y }, {}, 'logits').y;
  }
  const labels = graph.input('labels', 'labels', [logits.shape[0]!]);
  return graph.apply('softmaxCrossEntropy', { logits, labels }, {}, 'loss').loss;
}

function expectDifferences(graph: Graph, loss: Value): void {
  const parameters = graph.inputs.filter(i => i.kind === 'parameter').map(i => i.value);
  const gradients = backward(graph, loss);
  compare(graph, loss, new Map(parameters.map(p => [p, gradients.get(p.id)!])), Number.POSITIVE_INFINITY);
}

/** Compares up to `samples` elements of each gradient with (loss(p + h) - loss(p - h)) / 2h in float64. */
function compare(
  graph: Graph,
  loss: Value,
  gradients: Map<Value, Value>,
  samples: number,
  tolerance = 1e-8,
): void {
  const h = 1e-5;
  const feeds = drawFeeds(graph);
  const values = runGraph64(graph, feeds);
  expect(gradients.size).toBeGreaterThan(0);
  for (const [parameter, gradient] of gradients) {
    expect(gradient.shape, parameter.name).toEqual(parameter.shape);
    const data = feeds.get(parameter.id)!;
    const every = Math.max(1, Math.floor(data.length / samples));
    for (let i = 0; i < data.length; i += every) {
      const lossAt = (value: number) => {
        const moved = new Map(feeds).set(parameter.id, data.slice().fill(value, i, i + 1));
        return runGraph64(graph, moved).get(loss.id)![0]!;
      };
      const numeric = (lossAt(data[i]! + h) - lossAt(data[i]! - h)) / (2 * h);
      expect(Math.abs(values.get(gradient.id)![i]! - numeric), `${parameter.name}[${i}]`).toBeLessThan(
        tolerance,
      );
    }
  }
}

function drawFeeds(graph: Graph): Map<number, Float64Array | Int32Array> {
  const draw = new Draw('gradients');
  const feeds = new Map<number, Float64Array | Int32Array>();
  for (const { kind, value } of graph.inputs) {
    const count = elements(value.shape);
    if (kind === 'labels' || kind === 'indices') feeds.set(value.id, draw.labels(count, 3));
    else if (kind === 'statistic' || value.name.endsWith('.scale'))
      feeds.set(value.id, Float64Array.from(draw.uniforms(count, 0.5, 1.5)));
    else feeds.set(value.id, Float64Array.from(draw.normals(count)));
  }
  return feeds;
}
