import type { InferenceSession } from 'onnxruntime-node';
import type { LoweringName } from './lowering/lowering.ts';

/** Something that ONNX Runtime computes on. */
interface Device {
  /** Its ways of computing, the preferred one first. */
  readonly variants: readonly LoweringName[];
  readonly provider: InferenceSession.ExecutionProviderConfig;
  /** Of the engine's sessions on it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Tensors that one of its nodes may take or give. */
  readonly breadth: number;
  /** See `Capabilities.rounding`. */
  readonly rounding: number;
}

/** Sums in whatever order is fastest differ from run to run; in this one they do not. */
const repeatable = { 'session.use_deterministic_compute': '1' };

/** What ONNX Runtime computes on, the preferred one first. */
export const devices = {
  cpu: {
    variants: ['blocked', 'standard'],
    provider: 'cpu',
    settings: {},
    breadth: Number.POSITIVE_INFINITY,
    rounding: 1,
  },
  // cuDNN may choose Winograd's algorithm for 3x3 convolutions, which costs a digit.
  cuda: {
    variants: ['standard'],
    provider: 'cuda',
    settings: repeatable,
    breadth: Number.POSITIVE_INFINITY,
    rounding: 10,
  },
  // Eight buffers in a shader are what every WebGPU has: seven tensors beside the one that they are joined to or cut from.
  webgpu: {
    variants: ['standard'],
    provider: { name: 'webgpu', preferredLayout: 'NCHW' },
    settings: repeatable,
    breadth: 7,
    rounding: 4,
  },
} as const satisfies Record<string, Device>;

/** The name of a device. */
export type DeviceName = keyof typeof devices;

/** Their names, the preferred one first. */
export const deviceNames = Object.keys(devices) as DeviceName[];
