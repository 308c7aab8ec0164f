import type { Backend, Feeds, ModelState, SessionOptions } from '../../backends/contract.ts';
import { type AnyNode, nodeName, type Value } from '../../ml/graph/graph.ts';
import { type Program, partOf } from '../../ml/program.ts';
import { differenceOf } from './difference.ts';
import type { ValueDifference } from './finding.ts';

/** All values of a step by id, as a backend computes them. */
export type Taps = ReadonlyMap<number, Float32Array>;

/** Every value of a step from a state on a batch; null where a backend cannot run a graph by itself. */
export async function tap(
  { runGraph }: Pick<Backend, 'runGraph'>,
  program: Program,
  state: ModelState,
  feeds: Feeds,
  options: SessionOptions,
): Promise<Taps | null> {
  if (!runGraph) return null;
  const { graph } = program.train();
  const slots = new Map([
    ...program.parameters.map(slot => [slot.name, partOf(state.parameters, slot)] as const),
    ...program.statistics.map(slot => [slot.name, partOf(state.statistics, slot)] as const),
  ]);
  const inputs = graph.inputs.map(
    ({ value }) => [value.id, feeds[value.name] ?? slots.get(value.name)!] as const,
  );
  return runGraph(graph, new Map(inputs), options);
}

/**
 * What float32 may be off by against other sums of the same numbers; behind the loss a ReLU that rounding has flipped moves
 * gradients as well.
 */
const least = { forward: 1e-5, backward: 1e-2 };

/** The first value that differs, in the order of the computation; beyond rounding where `moved` is given. */
export function firstDifference(
  program: Program,
  a: Taps,
  b: Taps,
  moved: Taps | null,
): ValueDifference | null {
  const { graph, loss } = program.train();
  let passed: keyof typeof least = 'forward';
  for (const node of graph.nodes) {
    for (const [output, { id, name }] of outputsOf(node)) {
      const allowance = moved && { moved: moved.get(id)!, least: least[passed] };
      const found = differenceOf(a.get(id)!, b.get(id)!, allowance);
      if (found) return { operator: node.op, node: nodeName(name), output, ...found };
      if (id === loss.id) passed = 'backward';
    }
  }
  return null;
}

function outputsOf({ outputs }: AnyNode): [string, Value][] {
  return Object.entries<Value>(outputs);
}
