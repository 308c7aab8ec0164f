import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { BackendError, EngineLost } from '../contract.ts';
import { findCuda } from './cuda.ts';
import { type DeviceName, devices } from './devices.ts';

/** The onnxruntime-node module. */
export type Runtime = typeof import('onnxruntime-node');

/** How a model is run. */
export interface Engine {
  threads: number;
  device: DeviceName;
}

/**
 * Loads the engine; a `BackendError` says what to do when it is missing. A process has room for one: where CUDA is set up it
 * is the copy beside which the CUDA provider lies, for every device.
 */
export async function loadRuntime(): Promise<Runtime> {
  // Else the library writes an identifier of the device into the home folder and reports sessions to its makers.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const folder = findCuda();
  try {
    if (folder === null) return await import('onnxruntime-node');
    return createRequire(join(folder, 'node_modules', 'any'))('onnxruntime-node') as Runtime;
  } catch (cause) {
    throw new BackendError(`onnxruntime-node does not load: ${firstLine(cause)}`, { fix: 'npm ci', cause });
  }
}

/**
 * Opens a model. Graphs are laid out by hand, so the engine's own optimiser only costs time; memory patterns would
 * hold the whole step's memory at once. `more`: settings of the session.
 */
export async function openModel(
  model: Uint8Array,
  { threads, device }: Engine,
  more: Readonly<Record<string, string>> = {},
): Promise<InferenceSession> {
  const { InferenceSession } = await loadRuntime();
  const { provider, settings } = devices[device];
  return InferenceSession.create(model, {
    executionProviders: [provider],
    extra: { ...settings, ...more },
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    enableMemPattern: false,
    logSeverityLevel: 4,
  });
}

/**
 * An error of the engine on a device. On a card it is explained: it has failed, and whoever has a checkpoint may begin again,
 * or it lacks something, memory perhaps. On the CPU it is a fault of ours.
 */
export function failureOn(device: DeviceName, cause: unknown): unknown {
  if (device === 'cpu') return cause;
  const message = `onnxruntime on ${device}: ${firstLine(cause)}`;
  const lost =
    /device.*\blost\b|\b(CUDA|CUDNN|CUBLAS) failure/i.test(message) && !/memory|alloc/i.test(message);
  if (lost) return new EngineLost(message, { cause });
  return new BackendError(message, { fix: '--device cpu, or what needs less memory', cause });
}

/** What an error says, in one line, without where in the engine's sources it was thrown. */
export function firstLine(cause: unknown): string {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  const [failure] = /\b(CUDA|CUDNN|CUBLAS) failure \d+: [^;]*[^; ]/.exec(line!) ?? [];
  return failure ?? line!.replace(/^\/\S+:\d+ .* was false\. (?=.)/, '');
}
