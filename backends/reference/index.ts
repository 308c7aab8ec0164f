import { checkOptions } from '../checks.ts';
import type { Backend } from '../contract.ts';
import { engine, probeReference } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { openReference } from './session.ts';

/** The oracle: plain loops in TypeScript, small, slow and obvious. Every other backend is compared with it. */
export const reference: Backend = {
  id: 'reference',
  numerics: 1,
  capabilities: { devices: [engine.device], variants: [engine.variant], threadInvariant: true },
  probe: probeReference,
  async open(program, options) {
    checkOptions(reference, options);
    return openReference(program);
  },
  async runGraph(graph, feeds, options) {
    checkOptions(reference, options);
    return runGraph(graph, feeds);
  },
};
