import type { Graph, Value } from '../../ml/graph/graph.ts';
import type { SessionOptions } from '../contract.ts';
import { Interpreter } from './graph.ts';
import { axes, fed, laidOut, numbers } from './layout.ts';
import { computeOn, loadEngine } from './load.ts';

/** Runs a graph of any operators once; `feeds` holds its inputs by value id. Returns every node output by value id. */
export async function runGraph(
  graph: Graph,
  feeds: ReadonlyMap<number, Float32Array | Int32Array>,
  options: SessionOptions,
): Promise<ReadonlyMap<number, Float32Array>> {
  const wanted = graph.nodes.flatMap(({ op, outputs }) =>
    Object.values<Value>(outputs).map(value => ({
      value,
      order: op === 'convWeightGradient' ? axes.weightsOut : axes.imagesOut,
    })),
  );
  const interpreter = new Interpreter(
    graph,
    wanted.map(({ value }) => value),
  );
  return computeOn(await loadEngine(options), tf => {
    const inputs = graph.inputs.map(({ kind, value: { id, shape } }) => {
      const order = kind === 'parameter' ? axes.weightsIn : axes.imagesIn;
      return [id, fed(tf, feeds.get(id)!, shape, order)] as const;
    });
    const found = interpreter.run(tf, new Map(inputs));
    return new Map(wanted.map(({ value, order }, i) => [value.id, numbers(laidOut(tf, found[i]!, order))]));
  });
}
