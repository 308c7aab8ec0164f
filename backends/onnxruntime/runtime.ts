import type { InferenceSession } from 'onnxruntime-node';
import { BackendError } from '../contract.ts';

/** The onnxruntime-node module. */
export type Runtime = typeof import('onnxruntime-node');

/** Loads the engine; a `BackendError` says what to do when it is missing. */
export async function loadRuntime(): Promise<Runtime> {
  // Else the library writes an identifier of the device into the home folder and reports sessions to its makers.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new BackendError(`onnxruntime-node does not load: ${firstLine(cause)}`, { fix: 'npm ci', cause });
  }
}

/**
 * Opens a model. Graphs are laid out by hand, so the engine's own optimiser only costs time; memory patterns would
 * hold the whole step's memory at once.
 */
export async function openModel(model: Uint8Array, threads: number): Promise<InferenceSession> {
  const { InferenceSession } = await loadRuntime();
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!;
}
