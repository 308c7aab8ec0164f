import type { Graph } from '../../ml/graph/graph.ts';
import type { SessionOptions } from '../contract.ts';
import type { DeviceName } from './devices.ts';
import { standardOn } from './lowering/accelerated.ts';
import { blocked } from './lowering/blocked.ts';
import { examine } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { chooseLowering } from './session.ts';
import { threadsFor } from './threads.ts';

/** Runs a graph of any operators on a device and in a variant; the probe's choice when none is asked for. */
export async function runOperators(
  graph: Graph,
  feeds: ReadonlyMap<number, Float32Array | Int32Array>,
  { threads, device, variant }: SessionOptions,
): Promise<ReadonlyMap<number, Float32Array>> {
  const machine = await examine(device as DeviceName | undefined);
  const lowering = chooseLowering(machine, variant);
  const engine = { threads: threadsFor(graph, threads, lowering), device: machine.device };
  return lowering === 'blocked'
    ? runGraph(graph, feeds, blocked(machine.block), engine)
    : runGraph(graph, feeds, standardOn(machine.device), engine);
}
