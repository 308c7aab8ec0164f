import { checkOptions } from '../checks.ts';
import type { Backend } from '../contract.ts';
import { devices, probe, variants, variantsOn } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { openTorch } from './session.ts';

/**
 * PyTorch in a Python worker, which interprets the forward graph and differentiates by itself. Sums are split by the number
 * of threads, which so decides bits.
 */
export const torch: Backend = {
  id: 'torch',
  numerics: 1,
  capabilities: { devices, variants, variantsOn, replicas: true, threadInvariant: false },
  probe,
  setup: async (onProgress, device) => (await import('./setup.ts')).setupTorch(onProgress, device),
  async open(program, options) {
    checkOptions(torch, options, program);
    return openTorch(program, options);
  },
  async runGraph(graph, feeds, options) {
    checkOptions(torch, options);
    return runGraph(graph, feeds, options);
  },
};
