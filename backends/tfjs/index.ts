import { checkOptions } from '../checks.ts';
import type { Backend } from '../contract.ts';
import { devices, variants } from './load.ts';

/**
 * TensorFlow.js, which interprets the forward graph and differentiates by itself, on TensorFlow's own library, WASM or plain
 * JavaScript. TensorFlow splits sums by the number of threads, which so decides bits.
 */
export const tfjs: Backend = {
  id: 'tfjs',
  numerics: 1,
  capabilities: { devices, variants, threadInvariant: false },
  parts: ['tfjs-node', 'tfjs-node-gpu'],
  probe: async device => (await import('./probe.ts')).probe(device),
  setup: async (onProgress, device, part) => (await import('./setup.ts')).setupTfjs(onProgress, device, part),
  async open(program, options) {
    checkOptions(tfjs, options, program);
    return (await import('./session.ts')).openTfjs(program, options);
  },
  async runGraph(graph, feeds, options) {
    checkOptions(tfjs, options);
    return (await import('./run-graph.ts')).runGraph(graph, feeds, options);
  },
};
