import { BackendError, type Probe } from '../contract.ts';
import { setupCommand } from './python.ts';
import { acquireRuntime, releaseRuntime } from './runtime.ts';

/**
 * Ways of laying out images in memory: NCHW. With channels last, oneDNN (2.6, of PyTorch 1.13) writes outside its memory in
 * the gradient of a strided 1x1 convolution of few channels; the conformance suite crashes there.
 */
export const variants = ['contiguous'] as const;

/** Where PyTorch may compute. The CPU comes first: it is everywhere. */
export const devices = ['cpu', 'cuda'] as const;

/** Says whether there is a Python with PyTorch. */
export async function probe(): Promise<Probe> {
  try {
    const runtime = await acquireRuntime();
    releaseRuntime(runtime);
    const { version, python, devices: found } = runtime;
    const [device, variant] = [devices[0], variants[0]];
    const notes = [`Python ${python}`, ...(found.cuda ? [`${found.cuda} is used with --device cuda`] : [])];
    return { available: true, version, device, variant, hardware: found[device]!, notes };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { available: false, missing: error.message, fix: error.fix ?? setupCommand };
  }
}
