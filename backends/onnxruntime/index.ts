import { checkOptions } from '../checks.ts';
import type { Backend } from '../contract.ts';
import { cudaPart } from './cuda.ts';
import { type DeviceName, deviceNames, devices } from './devices.ts';
import { loweringNames } from './lowering/lowering.ts';

/** ONNX Runtime: one ONNX model holds a whole training step. The engine is loaded when it is needed. */
export const onnxruntime: Backend = {
  id: 'onnxruntime',
  numerics: 1,
  capabilities: {
    devices: deviceNames,
    variants: loweringNames,
    variantsOn: Object.fromEntries(deviceNames.map(name => [name, devices[name].variants])),
    rounding: Object.fromEntries(deviceNames.map(name => [name, devices[name].rounding])),
    threadInvariant: true,
  },
  probe: async device => (await import('./probe.ts')).probe(device as DeviceName | undefined),
  parts: [cudaPart],
  setup: async (onProgress, _, part) => (await import('./setup.ts')).setup(onProgress, part),
  async open(program, options) {
    checkOptions(onnxruntime, options, program);
    return (await import('./session.ts')).openSession(program, options);
  },
  async runGraph(graph, feeds, options) {
    checkOptions(onnxruntime, options);
    return (await import('./operators.ts')).runOperators(graph, feeds, options);
  },
};
