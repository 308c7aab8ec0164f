import type { Backend } from '../contract.ts';
import { loweringNames } from './lowering/names.ts';

/** ONNX Runtime on the CPU: one ONNX model holds a whole training step. */
export const onnxruntime: Backend = {
  id: 'onnxruntime',
  numerics: 1,
  capabilities: {
    summary: 'ONNX Runtime on the CPU, a whole training step in one graph',
    trains: true,
    devices: ['cpu'],
    lowerings: loweringNames,
  },
  probe: async () => (await import('./probe.ts')).probe(),
  open: async (program, options) => (await import('./session.ts')).openSession(program, options),
};
