import type { Graph } from '../../ml/graph/graph.ts';
import { elements } from '../../ml/graph/ops.ts';

/** Multiply-adds of the convolutions and fully connected layers of a graph. */
export function multiplyAdds({ nodes }: Graph): number {
  return nodes.reduce((sum, node) => {
    if (node.op !== 'conv' && node.op !== 'dense') return sum;
    return sum + elements(node.outputs.y.shape) * elements(node.inputs.w.shape.slice(1));
  }, 0);
}
