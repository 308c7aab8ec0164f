import type { AnyNode, Graph, Node, Value } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs, OpName, Outputs } from '../../../ml/graph/ops.ts';
import type { OnnxBuilder, Ref } from '../onnx.ts';

/** Names of the lowerings, the preferred one first: what the contract calls variants. */
export const loweringNames = ['blocked', 'standard'] as const;

/** The name of a lowering. */
export type LoweringName = (typeof loweringNames)[number];

/** What a rule may ask about the rest of the graph. */
export interface Context<T> {
  /** Nodes that read a value. A graph output counts as none. */
  readers(value: Value): readonly AnyNode[];
  /** The tensor of a value that comes before. */
  tensor(value: Value): T;
}

/** Emits one operator: tensors of its inputs in, tensors of its outputs back. */
export type Rule<T, B extends OnnxBuilder, K extends OpName> = (
  ...operator: [...Parameters<LocalRule<T, B, K>>, context: Context<T>]
) => Outputs<K, T>;

/** A rule that asks nothing about the rest of the graph. */
export type LocalRule<T, B extends OnnxBuilder, K extends OpName> = (
  b: B,
  inputs: Inputs<K, T>,
  attributes: Attributes[K],
  node: Node<K>,
) => Outputs<K, T>;

/** Where a value lies in a stored vector: `indices()[i]` is the place of canonical element i, i itself when absent. */
export interface Storage {
  size: number;
  indices?: () => Int32Array;
}

/** A way of computing a graph in ONNX. T stands for a value of the graph while its model is built. */
export interface Lowering<T, B extends OnnxBuilder = OnnxBuilder> {
  readonly name: LoweringName;
  readonly rules: { readonly [K in OpName]: Rule<T, B, K> };
  builder(): B;
  /** How an input of the graph that its `readers` read is kept between the runs of a model. */
  storage(value: Value, readers: readonly AnyNode[]): Storage;
  fromStored(b: B, ref: Ref, value: Value, readers: readonly AnyNode[]): T;
  fromCanonical(b: B, ref: Ref, value: Value, readers: readonly AnyNode[]): T;
  /** Flat, as `storage` lays it out. */
  toStored(b: B, tensor: T): Ref;
  toCanonical(b: B, tensor: T): Ref;
}

/** Emits every node of a graph, in order; `input` gives its inputs when first read. Returns the tensor of any value. */
export function emitGraph<T, B extends OnnxBuilder>(
  lowering: Lowering<T, B>,
  graph: Graph,
  b: B,
  input: (value: Value) => T,
): (value: Value) => T {
  const tensors = new Map<number, T>();
  const readers = readersOf(graph);
  const tensor = (value: Value): T => {
    let known = tensors.get(value.id);
    if (known === undefined) tensors.set(value.id, (known = input(value)));
    return known;
  };
  const context: Context<T> = { tensor, readers: value => readers.get(value.id) ?? [] };
  for (const node of graph.nodes) {
    b.scope = Object.values<Value>(node.outputs)[0]!.name;
    const inputs = Object.entries<Value>(node.inputs).map(([name, value]) => [name, tensor(value)]);
    const rule = lowering.rules[node.op] as unknown as Rule<T, B, OpName>;
    const outputs = rule(b, Object.fromEntries(inputs), node.attributes as never, node as Node, context);
    for (const [name, value] of Object.entries(node.outputs)) {
      tensors.set(value.id, (outputs as Record<string, T>)[name]!);
    }
  }
  return tensor;
}

/** The nodes that read each value, by id. */
export function readersOf(graph: Graph): Map<number, AnyNode[]> {
  const readers = new Map<number, AnyNode[]>();
  for (const node of graph.nodes) {
    for (const { id } of Object.values(node.inputs)) {
      const known = readers.get(id);
      if (known) known.push(node);
      else readers.set(id, [node]);
    }
  }
  return readers;
}
