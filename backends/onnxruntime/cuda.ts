import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, neededCache } from '../../ml/data/cache.ts';
import { BackendError } from '../contract.ts';

/** The version of the npm package, and of the CUDA provider that fits it. */
export const engineVersion = '1.30.0';

/** What `npm run setup` calls that which the npm package lacks for CUDA. */
export const cudaPart = 'onnxruntime-cuda';

/** Installs it. */
export const setupCommand = `npm run setup -- ${cudaPart}`;

/** Where it is installed: a copy of the npm package with the provider beside its library, and NVIDIA's libraries. */
export function cudaFolder(cache = cacheFolder()): string {
  return neededCache(join('engines', `onnxruntime-cuda-${engineVersion}`), cache);
}

/** That folder if it was made to its end. */
export function findCuda(cache = cacheFolder()): string | null {
  if (cache === null) return null;
  const folder = cudaFolder(cache);
  return existsSync(join(folder, completeMark)) ? folder : null;
}

/** The file that says so. */
export const completeMark = 'complete.json';

/**
 * Makes CUDA ready for the engine of this process: NVIDIA's libraries where the provider finds them, and float32 that is
 * float32. A `BackendError` says what is missing.
 */
export function prepareCuda(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const here = `${process.platform} ${process.arch}`;
    throw new BackendError(`ONNX Runtime has CUDA for Linux on x64 alone; this is ${here}`, { fix: cpu });
  }
  const driver = load('libcuda.so.1');
  if (driver !== null) {
    const fix = `install NVIDIA's driver, 580 or newer; without a card: ${cpu}`;
    throw new BackendError(`there is no NVIDIA driver: ${driver}`, { fix });
  }
  const folder = findCuda();
  if (folder === null)
    throw new BackendError("ONNX Runtime's CUDA provider is not set up", { fix: setupCommand });
  // Else convolutions and products are in TF32, 10 bits of mantissa. The engine's own option cannot be set from Node.
  process.env.NVIDIA_TF32_OVERRIDE = '0';
  process.env.CUBLAS_WORKSPACE_CONFIG ??= ':4096:8'; // else cuBLAS may sum in another order in every run
  for (const library of libraries) {
    const problem = load(join(folder, library));
    if (problem !== null) throw new BackendError(`CUDA does not load: ${problem}`, { fix: setupCommand });
  }
}

const cpu = '--device cpu';

/** NVIDIA's libraries that the provider is linked with or looks for, each after those that it needs itself. */
const libraries = [
  ...['cudart.so.13', 'nvrtc.so.13', 'cublasLt.so.13', 'cublas.so.13', 'curand.so.10'].map(
    name => `nvidia/cu13/lib/lib${name}`,
  ),
  'nvidia/cudnn/lib/libcudnn.so.9',
];

/** glibc's RTLD_NODELETE: a library stays when it is closed. */
const noDelete = 0x1000;

/**
 * Loads a library for good, for others to be linked with by its name; null, or why not. Node opens what is no addon, says
 * so and closes it again. The provider is not told where its libraries are, and the environment is read too early.
 */
function load(library: string): string | null {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen as { RTLD_NOW: number; RTLD_GLOBAL: number };
  try {
    process.dlopen({ exports: {} }, library, RTLD_NOW | RTLD_GLOBAL | noDelete);
  } catch (error) {
    const { message } = error as Error;
    return /did not self-register/.test(message) ? null : message.split('\n')[0]!;
  }
  return null;
}
