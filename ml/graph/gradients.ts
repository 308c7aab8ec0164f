import type { Graph, Node, Value } from './graph.ts';
import type { Inputs, OpName, Outputs } from './ops.ts';

/** Operators that a loss can be differentiated through; the others only occur in gradients or in evaluation. */
export type DifferentiableOp =
  | 'conv'
  | 'batchNorm'
  | 'batchNormInference'
  | 'relu'
  | 'add'
  | 'shortcutA'
  | 'maxPool'
  | 'globalAveragePool'
  | 'flatten'
  | 'dropout'
  | 'bias'
  | 'dense'
  | 'roiMaxPool'
  | 'gatherRows'
  | Loss;

/** Operators that a loss ends with, or is a sum of: their gradient is that of the loss itself, whatever it is added to. */
type Loss = 'softmaxCrossEntropy' | 'sigmoidCrossEntropy' | 'smoothL1';

/** Emits the gradient of a node's inputs, given the gradient of its first output. `wants` says which are needed. */
type GradientRule<K extends OpName> = (
  graph: Graph,
  node: Node<K>,
  gradient: Value,
  wants: (input: keyof Inputs<K, Value>) => boolean,
  name: string,
) => Partial<Inputs<K, Value>>;

/** The gradient of every differentiable operator. The whole reverse mode is this table and `backward`. */
const gradientRules: { [K in DifferentiableOp]: GradientRule<K> } = {
  conv(graph, { inputs: { x, w }, attributes: { stride, pad } }, dy, wants, name) {
    const size = [x.shape[2]!, x.shape[3]!] as const;
    const kernel = [w.shape[2]!, w.shape[3]!] as const;
    const { dw } = graph.apply('convWeightGradient', { x, dy }, { stride, pad, kernel }, name);
    if (!wants('x')) return { w: dw };
    return { x: graph.apply('convInputGradient', { dy, w }, { stride, pad, size }, name).dx, w: dw };
  },
  batchNorm(graph, { inputs: { x, gamma }, outputs: { mean, inverseStd } }, dy, _wants, name) {
    const { dx, dgamma, dbeta } = graph.apply(
      'batchNormGradient',
      { dy, x, gamma, mean, inverseStd },
      {},
      name,
    );
    return { x: dx, gamma: dgamma, beta: dbeta };
  },
  batchNormInference(graph, { inputs: { gamma, variance }, attributes }, dy, _wants, name) {
    return { x: graph.apply('batchNormInferenceGradient', { dy, gamma, variance }, attributes, name).dx };
  },
  relu(graph, { outputs: { y } }, dy, _wants, name) {
    return { x: graph.apply('reluGradient', { dy, y }, {}, name).dx };
  },
  add: (_graph, _node, dy) => ({ a: dy, b: dy }),
  shortcutA(graph, { inputs: { x }, attributes: { stride } }, dy, _wants, name) {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    return {
      x: graph.apply('shortcutAGradient', { dy }, { stride, channels, size: [height, width] }, name).dx,
    };
  },
  maxPool(graph, { inputs: { x }, attributes, outputs: { y } }, dy, _wants, name) {
    return { x: graph.apply('maxPoolGradient', { dy, x, y }, attributes, name).dx };
  },
  globalAveragePool(graph, { inputs: { x } }, dy, _wants, name) {
    const size = [x.shape[2]!, x.shape[3]!] as const;
    return { x: graph.apply('globalAveragePoolGradient', { dy }, { size }, name).dx };
  },
  flatten(graph, { inputs: { x } }, dy, _wants, name) {
    const [, channels, height, width] = x.shape as [number, number, number, number];
    return { x: graph.apply('flattenGradient', { dy }, { channels, size: [height, width] }, name).dx };
  },
  dropout(graph, { inputs: { mask } }, dy, _wants, name) {
    return { x: graph.apply('dropout', { x: dy, mask }, {}, name).y };
  },
  bias(graph, _node, dy, _wants, name) {
    return { x: dy, b: graph.apply('biasGradient', { dy }, {}, name).db };
  },
  dense(graph, { inputs: { x, w } }, dy, _wants, name) {
    return {
      x: graph.apply('denseInputGradient', { dy, w }, {}, name).dx,
      w: graph.apply('denseWeightGradient', { x, dy }, {}, name).dw,
      b: graph.apply('denseBiasGradient', { dy }, {}, name).db,
    };
  },
  softmaxCrossEntropy(graph, { inputs: { labels }, outputs: { probabilities } }, _one, _wants, name) {
    return {
      logits: graph.apply('softmaxCrossEntropyGradient', { probabilities, labels }, {}, name).dlogits,
    };
  },
  roiMaxPool(graph, { inputs: { x, cells }, attributes }, dy, _wants, name) {
    return { x: graph.apply('roiMaxPoolGradient', { dy, x, cells }, attributes, name).dx };
  },
  gatherRows(graph, { inputs: { x, rows } }, dy, _wants, name) {
    return { x: graph.apply('gatherRowsGradient', { dy, rows }, { count: x.shape[0]! }, name).dx };
  },
  sigmoidCrossEntropy(graph, { inputs }, _one, _wants, name) {
    return { logits: graph.apply('sigmoidCrossEntropyGradient', inputs, {}, name).dlogits };
  },
  smoothL1(graph, { inputs, attributes }, _one, _wants, name) {
    return { prediction: graph.apply('smoothL1Gradient', inputs, attributes, name).dprediction };
  },
};

/** Appends the backward pass of `loss` to its graph; returns the gradient of each parameter, by value id. */
export function backward(graph: Graph, loss: Value): Map<number, Value> {
  const forward = [...graph.nodes];
  const needed = new Set(graph.inputs.filter(i => i.kind === 'parameter').map(i => i.value.id));
  for (const node of forward) {
    if (all(node.inputs).some(v => needed.has(v.id))) for (const v of all(node.outputs)) needed.add(v.id);
  }
  const gradients = new Map<number, Value>([[loss.id, loss]]); // d loss / d loss = 1: its rule ignores the value
  for (const node of forward.reverse()) {
    const gradient = gradients.get(all(node.outputs)[0]!.id);
    if (!gradient) continue;
    const rule = gradientRules[node.op as DifferentiableOp] as GradientRule<OpName> | undefined;
    if (!rule)
      throw new Error(
        `${node.op} has no gradient rule, but ${all(node.outputs)[0]!.name} depends on a parameter`,
      );
    const inputs = node.inputs as Record<string, Value>;
    const name = `grad.${all(node.outputs)[0]!.name}`;
    const found = rule(graph, node as Node, gradient, input => needed.has(inputs[input as string]!.id), name);
    for (const [input, value] of Object.entries(found as Record<string, Value>)) {
      const id = inputs[input]!.id;
      if (!needed.has(id)) continue;
      const before = gradients.get(id);
      // The newest contribution comes last: lowerings fuse `earlier + newest` into the kernel that made the newest.
      gradients.set(id, before ? graph.apply('add', { a: before, b: value }, {}, `${name}.sum`).y : value);
    }
  }
  return gradients;
}

function all<K extends OpName>(values: Inputs<K, Value> | Outputs<K, Value>): Value[] {
  return Object.values(values as Record<string, Value>);
}
