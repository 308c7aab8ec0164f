import type { Graph, Value } from '../../ml/graph/graph.ts';
import type { OpName } from '../../ml/graph/ops.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { gradientRules } from './gradients.ts';
import { type Rule, rules } from './rules.ts';

/** Runs a graph for the values that are wanted; any other goes once nobody reads it any more. */
export class Interpreter {
  readonly graph: Graph;
  readonly #wanted: readonly Value[];
  /** By node, what nobody reads after it. */
  readonly #done: readonly (readonly number[])[];

  constructor(graph: Graph, wanted: readonly Value[]) {
    this.graph = graph;
    this.#wanted = wanted;
    this.#done = lastReads(graph, wanted);
  }

  /** The wanted values; `feeds`: the inputs by value id, which stay. */
  run(tf: TensorFlow, feeds: ReadonlyMap<number, Tensor>): Tensor[] {
    const values = new Map(feeds);
    for (const [place, { op, inputs, attributes, outputs }] of this.graph.nodes.entries()) {
      const tensors = Object.entries<Value>(inputs).map(([name, { id }]) => [name, values.get(id)!]);
      const rule = allRules[op] as unknown as AnyRule;
      const found = tf.tidy(() => rule(tf, Object.fromEntries(tensors), attributes));
      for (const [name, { id }] of Object.entries<Value>(outputs)) values.set(id, found[name]!);
      for (const id of this.#done[place]!) values.get(id)!.dispose();
    }
    return this.#wanted.map(({ id }) => values.get(id)!);
  }
}

const allRules: { readonly [K in OpName]: Rule<K> } = { ...rules, ...gradientRules };

/** A rule whose operator is not known where it is called. */
type AnyRule = (
  tf: TensorFlow,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: object,
) => Readonly<Record<string, Tensor>>;

function lastReads({ nodes }: Graph, wanted: readonly Value[]): number[][] {
  const last = new Map<number, number>();
  for (const [place, { inputs, outputs }] of nodes.entries()) {
    for (const { id } of Object.values<Value>(outputs)) last.set(id, place);
    for (const { id } of Object.values<Value>(inputs)) if (last.has(id)) last.set(id, place);
  }
  for (const { id } of wanted) last.delete(id);
  const done = nodes.map((): number[] => []);
  for (const [id, place] of last) done[place]!.push(id);
  return done;
}
