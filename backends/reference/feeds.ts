import type { Graph } from '../../ml/graph/graph.ts';
import type { Program } from '../../ml/program.ts';
import type { ModelState } from '../contract.ts';

/** Inputs of one of a program's graphs by value id: the state's slots, the images and, in training, the labels. */
export function feedsOf(
  { parameters, statistics }: Program,
  graph: Graph,
  state: ModelState,
  images: Float32Array,
  labels: Int32Array = new Int32Array(0),
): Map<number, Float32Array | Int32Array> {
  const slots = new Map([
    ...parameters.map(
      ({ name, offset, size }) => [name, state.parameters.subarray(offset, offset + size)] as const,
    ),
    ...statistics.map(
      ({ name, offset, size }) => [name, state.statistics.subarray(offset, offset + size)] as const,
    ),
  ]);
  const feeds = new Map<number, Float32Array | Int32Array>();
  for (const { kind, value } of graph.inputs) {
    if (kind === 'images') feeds.set(value.id, images);
    else if (kind === 'labels') feeds.set(value.id, labels);
    else feeds.set(value.id, slots.get(value.name)!);
  }
  return feeds;
}
