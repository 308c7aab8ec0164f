import type { Graph, Value } from '../../ml/graph/graph.ts';
import type { OpName } from '../../ml/graph/ops.ts';
import { elements } from '../../ml/graph/ops.ts';
import { BackendError } from '../contract.ts';
import type { Kernel, Reals, Tensor } from './kernel.ts';
import { type Kernels, kernels } from './kernels.ts';

/** Runs a graph; `feeds` holds its inputs by value id. Returns every node output by value id, in float32. */
export function runGraph(
  graph: Graph,
  feeds: ReadonlyMap<number, Reals | Int32Array>,
  by: Kernels = kernels,
): Map<number, Float32Array> {
  return interpret(graph, feeds, by, length => new Float32Array(length));
}

/** As `runGraph`, with values kept in float64. */
export function runGraph64(
  graph: Graph,
  feeds: ReadonlyMap<number, Reals | Int32Array>,
  by: Kernels = kernels,
): Map<number, Float64Array> {
  return interpret(graph, feeds, by, length => new Float64Array(length));
}

function interpret<A extends Reals>(
  graph: Graph,
  feeds: ReadonlyMap<number, Reals | Int32Array>,
  by: Kernels,
  allocate: (length: number) => A,
): Map<number, A> {
  for (const { value } of graph.inputs) expectFeed(value, feeds.get(value.id));
  const computed = new Map<number, A>();
  for (const node of graph.nodes) {
    for (const value of Object.values<Value>(node.outputs))
      computed.set(value.id, allocate(elements(value.shape)));
    const tensors = (values: object) => tensorsOf(values, id => computed.get(id) ?? feeds.get(id)!);
    const kernel = by[node.op] as Kernel<OpName>;
    kernel(tensors(node.inputs) as never, tensors(node.outputs) as never, node.attributes);
  }
  return computed;
}

function tensorsOf(values: object, data: (id: number) => Tensor['data']): Record<string, Tensor> {
  const entries = Object.entries(values as Record<string, Value>);
  return Object.fromEntries(entries.map(([name, { id, shape }]) => [name, { shape, data: data(id) }]));
}

function expectFeed(value: Value, data: Reals | Int32Array | undefined): void {
  const expected = elements(value.shape);
  if (data?.length === expected) return;
  const received = data ? `${data.length} numbers` : 'nothing';
  throw new BackendError(
    `${value.name}: expected ${expected} numbers for [${value.shape}], received ${received}`,
  );
}
