import type { Graph } from '../../ml/graph/graph.ts';
import type { Feeds, ModelState, Program } from '../../ml/program.ts';

/** Inputs of one of a program's graphs by value id: the slots of the state, and of `feeds` what the graph takes. */
export function feedsOf(
  { parameters, statistics }: Program,
  graph: Graph,
  state: ModelState,
  feeds: Feeds,
): Map<number, Float32Array | Int32Array> {
  const byName = new Map(Object.entries(feeds));
  for (const { name, offset, size } of parameters) {
    byName.set(name, state.parameters.subarray(offset, offset + size));
  }
  for (const { name, offset, size } of statistics) {
    byName.set(name, state.statistics.subarray(offset, offset + size));
  }
  return new Map(
    graph.inputs.flatMap(({ value }) => {
      const feed = byName.get(value.name);
      return feed ? [[value.id, feed] as const] : [];
    }),
  );
}
