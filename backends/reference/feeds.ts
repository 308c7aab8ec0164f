import type { Graph } from '../../ml/graph/graph.ts';
import { type Feeds, type Program, partOf } from '../../ml/program.ts';
import type { Reals } from './kernel.ts';

/** Inputs of one of a program's graphs by value id: the slots of the state, and of `feeds` what the graph takes. */
export function feedsOf<A extends Reals>(
  { parameters, statistics }: Program,
  graph: Graph,
  state: { parameters: A; statistics: A },
  feeds: Feeds,
): Map<number, A | Float32Array | Int32Array> {
  const byName = new Map<string, A | Float32Array | Int32Array>(Object.entries(feeds));
  for (const slot of parameters) byName.set(slot.name, partOf(state.parameters, slot));
  for (const slot of statistics) byName.set(slot.name, partOf(state.statistics, slot));
  return new Map(
    graph.inputs.flatMap(({ value }) => {
      const feed = byName.get(value.name);
      return feed ? [[value.id, feed] as const] : [];
    }),
  );
}
