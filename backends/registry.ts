import type { Backend } from './contract.ts';

/** Every backend, imported when it is used: one that is missing costs nothing. */
export const backends = {
  onnxruntime: async () => (await import('./onnxruntime/index.ts')).onnxruntime,
  reference: async () => (await import('./reference/index.ts')).reference,
  torch: async () => (await import('./torch/index.ts')).torch,
  tfjs: async () => (await import('./tfjs/index.ts')).tfjs,
} as const satisfies Record<string, () => Promise<Backend>>;

/** The name of a registered backend. */
export type BackendId = keyof typeof backends;

/** Whether a name is a backend's. */
export function isBackendId(name: string): name is BackendId {
  return Object.hasOwn(backends, name);
}

/** What runs when no backend is named. */
export const defaultBackend: BackendId = 'onnxruntime';
