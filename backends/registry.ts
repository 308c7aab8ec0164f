import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from './contract.ts';
import { isBackendFile, loadBackend, ownName } from './registry-own.ts';

export { isBackendFile };

/** Every backend, imported when it is used: one that is missing costs nothing. */
export const backends = {
  onnxruntime: async () => (await import('./onnxruntime/index.ts')).onnxruntime,
  reference: async () => (await import('./reference/index.ts')).reference,
  torch: async () => (await import('./torch/index.ts')).torch,
  tfjs: async () => (await import('./tfjs/index.ts')).tfjs,
} as const satisfies Record<string, () => Promise<Backend>>;

/** The name of a registered backend. */
export type BackendId = keyof typeof backends;

/** A backend and what its runs go by. */
export interface FoundBackend {
  backend: Backend;
  /** Its id; of one in a user's file with a digest of the source, so that another source has runs of its own. */
  name: string;
}

/**
 * A registered backend by its id, or a user's own by the path of its file, which is meant from the checkout; null where a
 * word is neither. Fails with a `BackendError` when the file holds none.
 */
export async function findBackend(word: string): Promise<FoundBackend | null> {
  if (isBackendId(word)) return { backend: await backends[word](), name: word };
  if (!isBackendFile(word)) return null;
  const file = resolve(fileURLToPath(new URL('..', import.meta.url)), word);
  const backend = await loadBackend(file, Object.keys(backends));
  return { backend, name: ownName(backend, file) };
}

/** What runs when no backend is named. */
export const defaultBackend: BackendId = 'onnxruntime';

function isBackendId(name: string): name is BackendId {
  return Object.hasOwn(backends, name);
}
