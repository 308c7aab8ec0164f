import { BackendError, type Probe } from '../contract.ts';
import { setupCommand } from './python.ts';
import { acquireRuntime, releaseRuntime } from './runtime.ts';

/**
 * Ways of computing a step. `contiguous`: operator by operator, images as NCHW. `cuda-graph`: the same kernels, recorded once
 * and launched together, on a GPU. `channels-last`: images as NHWC, which oneDNN computes faster on the CPU; cuDNN does not in
 * float32. Asked for, never chosen: oneDNN 2.6, of PyTorch 1.13, writes outside its memory there in the gradient of a
 * strided 1x1 convolution of few channels, and the conformance suite crashes.
 */
export const variants = ['contiguous', 'channels-last', 'cuda-graph'] as const;

/** Where PyTorch may compute. The CPU comes first: it is everywhere. */
export const devices = ['cpu', 'cuda'] as const;

/** The variant that is used on a device unless another one is asked for. */
export function preferredVariant(device: string): (typeof variants)[number] {
  return device === 'cuda' ? 'cuda-graph' : 'contiguous';
}

/** Says whether there is a Python with PyTorch. */
export async function probe(): Promise<Probe> {
  try {
    const runtime = await acquireRuntime();
    releaseRuntime(runtime);
    const { version, python, devices: found } = runtime;
    const device = devices[0];
    const variant = preferredVariant(device);
    const notes = [`Python ${python}`, ...(found.cuda ? [`${found.cuda} is used with --device cuda`] : [])];
    return { available: true, version, device, variant, hardware: found[device]!, notes };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { available: false, missing: error.message, fix: error.fix ?? setupCommand };
  }
}
