import type { Program } from '../../ml/program.ts';
import { checkOptions } from '../checks.ts';
import type { Backend, Session } from '../contract.ts';
import { engine, probeReference } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { openReference } from './session.ts';

/** A backend that others are judged by. */
export interface Oracle extends Backend {
  /**
   * A session that keeps values and state in float64. It is for comparisons, not for runs: its state is rounded when it is
   * handed over, so that a run which is resumed would not end in the same bits.
   */
  openExact(program: Program): Session;
}

/** The oracle: plain loops in TypeScript, small, slow and obvious. Every other backend is compared with it. */
export const reference: Oracle = {
  id: 'reference',
  numerics: 1,
  capabilities: {
    devices: [engine.device],
    variants: [engine.variant],
    replicas: true,
    threadInvariant: true,
  },
  probe: probeReference,
  async open(program, options) {
    checkOptions(reference, options, program);
    return openReference(program);
  },
  openExact: program => openReference(program, { double: true }),
  async runGraph(graph, feeds, options) {
    checkOptions(reference, options);
    return runGraph(graph, feeds);
  },
};
