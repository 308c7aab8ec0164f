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

type Device = (typeof devices)[number];

/** Those of a device, the one that is used unless another one is asked for first. */
export const variantsOn = {
  cpu: ['contiguous', 'channels-last'],
  cuda: ['cuda-graph', 'contiguous', 'channels-last'],
} as const satisfies Record<Device, readonly (typeof variants)[number][]>;

/** Says whether there is a Python with PyTorch, and whether that finds the device. */
export async function probe(on: string = devices[0]): Promise<Probe> {
  try {
    const runtime = await acquireRuntime();
    releaseRuntime(runtime);
    const { version, ranks, devices: found } = runtime;
    const device = deviceOf(on, found);
    const other = device === 'cpu' && found.cuda ? [`${found.cuda} is used with --device cuda`] : [];
    const notes = [...(ranks > 1 ? [`${ranks} processes share a batch`] : []), ...other];
    const [variant] = variantsOn[device];
    return { available: true, version, device, variant, hardware: found[device]!, notes };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { available: false, missing: error.message, fix: error.fix ?? setupCommand };
  }
}

/** A device that PyTorch finds here. */
export function deviceOf(device: string, found: Readonly<Record<string, string>>): Device {
  if (device in found) return device as Device;
  const has = Object.keys(found).join(' and ');
  throw new BackendError(`torch: PyTorch finds no ${device} here; it has ${has}`, {
    fix: `--device ${devices[0]}`,
  });
}
