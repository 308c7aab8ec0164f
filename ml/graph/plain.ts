import { Graph, type InputKind, nodeName, type Value } from './graph.ts';
import type { Attributes, OpName, Shape } from './ops.ts';

/**
 * A graph as plain data, which survives `JSON.stringify`: what an engine in another process, or one that differentiates
 * by itself, needs to know of a network. Values are referred to by id.
 */
export interface PlainGraph {
  /** Every value by its id, from 0 on, in the order of the computation. */
  readonly values: readonly { readonly name: string; readonly shape: Shape }[];
  readonly inputs: readonly { readonly kind: InputKind; readonly id: number }[];
  /** In an order in which they can be run. */
  readonly nodes: readonly PlainNode[];
  /** Results by name. */
  readonly outputs: Readonly<Record<string, number>>;
}

/** An operator application; `inputs` and `outputs` have the names of `signatures`. */
export interface PlainNode {
  readonly op: OpName;
  readonly inputs: Readonly<Record<string, number>>;
  readonly attributes: Attributes[OpName];
  readonly outputs: Readonly<Record<string, number>>;
}

/** The plain data of a graph. */
export function toPlain(graph: Graph): PlainGraph {
  const nodes = graph.nodes.map(({ op, inputs, attributes, outputs }) => ({
    op,
    inputs: idsOf(Object.entries(inputs)),
    attributes,
    outputs: idsOf(Object.entries(outputs)),
  }));
  const values = [
    ...graph.inputs.map(({ value }) => value),
    ...graph.nodes.flatMap(({ outputs }) => Object.values<Value>(outputs)),
  ].sort((a, b) => a.id - b.id);
  return {
    values: values.map(({ name, shape }) => ({ name, shape })),
    inputs: graph.inputs.map(({ kind, value }) => ({ kind, id: value.id })),
    nodes,
    outputs: idsOf(graph.outputs),
  };
}

/** The graph of plain data, and its values by id. Shapes are inferred again: an `Error` if they are not those stated. */
export function fromPlain(plain: PlainGraph): { graph: Graph; values: readonly Value[] } {
  const graph = new Graph();
  const values: Value[] = [];
  const kinds = new Map(plain.inputs.map(({ id, kind }) => [id, kind]));
  const nodes = plain.nodes.values();
  while (values.length < plain.values.length) {
    const { name, shape } = plain.values[values.length]!;
    const kind = kinds.get(values.length);
    if (kind) {
      values.push(graph.input(kind, name, shape));
      continue;
    }
    const node = nodes.next().value;
    if (!node) throw new Error(`${name} is neither an input of the graph nor an output of a node`);
    const inputs = Object.entries(node.inputs).map(([input, id]) => [input, values[id]]);
    const outputs = graph.apply(node.op, Object.fromEntries(inputs), node.attributes, nodeName(name));
    values.push(...Object.values<Value>(outputs));
    for (const { id } of Object.values<Value>(outputs)) expectSame(values[id]!, plain.values[id]);
  }
  for (const [name, id] of Object.entries(plain.outputs)) graph.output(name, values[id]!);
  return { graph, values };
}

function idsOf(values: Iterable<readonly [string, Value]>): Record<string, number> {
  return Object.fromEntries([...values].map(([name, { id }]) => [name, id]));
}

function expectSame(found: Value, stated: PlainGraph['values'][number] | undefined): void {
  if (stated?.name === found.name && `${stated.shape}` === `${found.shape}`) return;
  throw new Error(
    `value ${found.id}: expected ${stated?.name} [${stated?.shape}], received ${found.name} [${found.shape}]`,
  );
}
