import type { Graph, Value } from '../../ml/graph/graph.ts';
import { toPlain } from '../../ml/graph/plain.ts';
import type { SessionOptions } from '../contract.ts';
import { float32 } from './frames.ts';
import { devices } from './probe.ts';
import { acquireRuntime, releaseRuntime } from './runtime.ts';

/**
 * Runs a graph of any operators once; `feeds` holds its inputs by value id, row-major. Returns every node output by value
 * id, row-major.
 */
export async function runGraph(
  graph: Graph,
  feeds: ReadonlyMap<number, Float32Array | Int32Array>,
  { threads, device = devices[0] }: SessionOptions,
): Promise<Map<number, Float32Array>> {
  const wanted = graph.nodes.flatMap(({ outputs }) => Object.values<Value>(outputs).map(({ id }) => id));
  const runtime = await acquireRuntime();
  try {
    const batch = graph.inputs.map(({ value }) => feeds.get(value.id)!);
    const { arrays } = await runtime.channel.request(
      'runGraph',
      { threads, device, wanted, plain: toPlain(graph) },
      batch,
    );
    return new Map(wanted.map((id, i) => [id, float32(arrays[i]!)]));
  } finally {
    releaseRuntime(runtime);
  }
}
