import { elementType, type Graph } from '../../ml/graph/graph.ts';
import { elements } from '../../ml/graph/ops.ts';
import { emitGraph, type Lowering, readersOf } from './lowering/lowering.ts';
import type { OnnxBuilder } from './onnx.ts';
import { type Engine, loadRuntime, openModel } from './runtime.ts';

/**
 * Runs a graph once; `feeds` holds its inputs by value id, row-major. Returns every node output by value id, row-major:
 * a value that was fused away is computed by itself, the others are those that the lowering really uses.
 */
export async function runGraph<T, B extends OnnxBuilder>(
  graph: Graph,
  feeds: ReadonlyMap<number, Float32Array | Int32Array>,
  lowering: Lowering<T, B>,
  engine: Engine = { threads: 1, device: 'cpu' },
): Promise<Map<number, Float32Array>> {
  const { Tensor } = await loadRuntime();
  const b = lowering.builder();
  const readers = readersOf(graph);
  const inputs = new Map<number, T>();
  const tensors: Record<string, InstanceType<typeof Tensor>> = {};
  for (const { kind, value } of graph.inputs) {
    const type = elementType(kind);
    const name = `input${value.id}`;
    const ref = b.input(name, value.shape, type);
    inputs.set(value.id, lowering.fromCanonical(b, ref, value, readers.get(value.id) ?? []));
    tensors[name] = new Tensor(type, feeds.get(value.id)!, value.shape);
  }
  const emitted = emitGraph(lowering, graph, b, value => inputs.get(value.id)!);
  const results = graph.nodes.flatMap(node => Object.values(node.outputs));
  for (const value of results) {
    const ref = lowering.toCanonical(b, emitted(value));
    b.output(`${value.id}`, b.reshape(ref, [-1]), [elements(value.shape)]);
  }
  const session = await openModel(b.model(), engine);
  const outputs = await session.run(tensors);
  await session.release();
  return new Map(results.map(({ id }) => [id, outputs[`${id}`]!.data as Float32Array]));
}
