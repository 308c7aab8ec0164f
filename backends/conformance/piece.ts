import type { Graph, Value } from '../../ml/graph/graph.ts';
import type { OpName } from '../../ml/graph/ops.ts';
import { elements } from '../../ml/graph/ops.ts';
import type { Kernel, Reals, Tensor } from '../reference/kernel.ts';
import { kernels } from '../reference/kernels.ts';
import { eachWindow } from '../reference/kernels-pooling.ts';

/** What a graph computed, by value id. */
export type Values = ReadonlyMap<number, Reals>;

/**
 * Runs a graph in float64 on one piece of the piecewise smooth function that it is: each ReLU is open, and each maximum
 * is taken, where it was in `pattern`, an evaluation by any backend. What then still differs is no flip.
 */
export function evaluateOnPiece(
  graph: Graph,
  feeds: ReadonlyMap<number, Reals | Int32Array>,
  pattern: Values,
): Map<number, Float64Array> {
  const computed = new Map<number, Float64Array>();
  const tensor = ({ id, shape }: Value): Tensor => ({ shape, data: computed.get(id) ?? feeds.get(id)! });
  const frozen = ({ id, shape }: Value): Tensor => ({ shape, data: pattern.get(id)! });
  const tensors = (values: object) =>
    Object.fromEntries(Object.entries<Value>(values as never).map(([name, value]) => [name, tensor(value)]));
  for (const node of graph.nodes) {
    for (const { id, shape } of Object.values<Value>(node.outputs)) {
      computed.set(id, new Float64Array(elements(shape)));
    }
    switch (node.op) {
      case 'relu': {
        const { x } = node.inputs;
        const { y } = node.outputs;
        kernels.reluGradient({ dy: tensor(x), y: frozen(y) }, { dx: tensor(y) }, {}); // x where y is open
        break;
      }
      case 'reluGradient': {
        const { dy, y } = node.inputs;
        kernels.reluGradient({ dy: tensor(dy), y: frozen(y) }, { dx: tensor(node.outputs.dx) }, {});
        break;
      }
      case 'maxPool': {
        const { x } = node.inputs;
        const { y } = node.outputs;
        takeMaxima(tensor(x), frozen(x), tensor(y), node.attributes);
        break;
      }
      case 'maxPoolGradient': {
        const { dy, x, y } = node.inputs;
        const inputs = { dy: tensor(dy), x: frozen(x), y: frozen(y) };
        kernels.maxPoolGradient(inputs, { dx: tensor(node.outputs.dx) }, node.attributes);
        break;
      }
      default: {
        const kernel = kernels[node.op] as Kernel<OpName>;
        kernel(tensors(node.inputs) as never, tensors(node.outputs) as never, node.attributes);
      }
    }
  }
  return computed;
}

/** How many ReLUs are open in one evaluation and shut in the other. */
export function flippedRelus(graph: Graph, a: Values, b: Values): number {
  let flips = 0;
  for (const node of graph.nodes) {
    if (node.op !== 'relu') continue;
    const [one, other] = [a.get(node.outputs.y.id)!, b.get(node.outputs.y.id)!];
    for (let i = 0; i < one.length; i++) if (one[i]! > 0 !== other[i]! > 0) flips++;
  }
  return flips;
}

/** y: of each window of x, the element at the place of the first largest of `by`. */
function takeMaxima(x: Tensor, by: Tensor, y: Tensor, attributes: Parameters<typeof eachWindow>[2]): void {
  eachWindow(x.shape, y.shape, attributes, (at, window) => {
    const place = window.reduce((best, i) => (by.data[i]! > by.data[best]! ? i : best));
    y.data[at] = x.data[place]!;
  });
}
