import { checkOptions } from '../checks.ts';
import type { Backend } from '../contract.ts';
import { loweringNames } from './lowering/lowering.ts';

/** ONNX Runtime on the CPU: one ONNX model holds a whole training step. The engine is loaded when it is needed. */
export const onnxruntime: Backend = {
  id: 'onnxruntime',
  numerics: 1,
  capabilities: { devices: ['cpu'], variants: loweringNames, threadInvariant: true },
  probe: async () => (await import('./probe.ts')).probe(),
  async open(program, options) {
    checkOptions(onnxruntime, options);
    return (await import('./session.ts')).openSession(program, options);
  },
  async runGraph(graph, feeds, options) {
    checkOptions(onnxruntime, options);
    return (await import('./operators.ts')).runOperators(graph, feeds, options);
  },
};
