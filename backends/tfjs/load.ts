import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { shellWord } from '../../ml/shell.ts';
import { BackendError, type SessionOptions } from '../contract.ts';
import type { TensorFlow } from './api.ts';
import { type EngineName, registerKernels } from './kernels.ts';
import { findKit, type Kit, type KitName, kitFiles, tfjsVersion } from './packages.ts';

/** Where TensorFlow may compute. The CPU comes first: it is everywhere. */
export const devices = ['cpu', 'cuda'] as const;

/** What computes, the fastest first: TensorFlow's library, WASM, plain JavaScript. */
export const variants = ['tensorflow', 'wasm', 'javascript'] as const;

/** One of them, loaded into this process. */
export interface Engine {
  readonly variant: Variant;
  readonly device: Device;
  /** `tfjs-node 4.22.0 (TensorFlow 2.21.0)`. */
  readonly version: string;
  /** As in `Probe`. */
  readonly hardware: string;
  /** That it computes on. */
  readonly threads: number;
  /** TensorFlow.js; one for all engines of a process. */
  readonly tf: TensorFlow;
  /** TensorFlow.js's name of it. */
  readonly name: EngineName;
}

type Device = (typeof devices)[number];
type Variant = (typeof variants)[number];

/** The engine that is asked for, else the first that is set up and loads; why those before it are not is told. */
export async function loadEngine(
  { threads, device = devices[0], variant }: SessionOptions,
  onFailure: (error: BackendError) => void = () => {},
): Promise<Engine> {
  const asked = { threads, device: device as Device };
  if (variant !== undefined) return loaders[variant as Variant](asked);
  const failures: BackendError[] = [];
  for (const each of device === 'cuda' ? variants.slice(0, 1) : variants) {
    try {
      return await loaders[each](asked);
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      onFailure(error);
      failures.push(error);
    }
  }
  throw device === 'cuda' || findKit(everyKit) !== undefined
    ? failures[0]!
    : missing('TensorFlow.js', 'tfjs');
}

/** Computes on an engine. All tensors that are made go, but those that are kept; what fails is a `BackendError`. */
export function computeOn<T>({ tf, name, variant }: Engine, work: (tf: TensorFlow) => T): T {
  if (tf.getBackend() !== name) void tf.setBackend(name); // at once, as it has been that before
  try {
    return tf.tidy(() => work(tf));
  } catch (cause) {
    if (cause instanceof BackendError) throw cause;
    throw new BackendError(`tfjs: ${variant} fails: ${firstLine(cause)}`, { cause });
  }
}

/** An engine is not set up, or does not load: another one may. */
class Absent extends BackendError {}

interface Asked {
  threads: number;
  device: Device;
}

const loaders: Readonly<Record<Variant, (asked: Asked) => Promise<Engine>>> = {
  tensorflow: loadTensorFlow,
  wasm: ({ device }) => loadPlain('wasm', 'wasm', device),
  javascript: ({ device }) => loadPlain('javascript', 'cpu', device),
};

const everyKit: readonly KitName[] = ['tfjs-node', 'tfjs-node-gpu', 'tfjs'];

/** The library keeps the device and the number of threads with which it was loaded. */
let tensorflow: Engine | undefined;

async function loadTensorFlow({ threads, device }: Asked): Promise<Engine> {
  if (tensorflow && tensorflow.device === device && tensorflow.threads <= threads) return tensorflow;
  if (tensorflow) {
    const loaded = `with ${tensorflow.threads} threads on the ${tensorflow.device}`;
    throw new BackendError(`TensorFlow was loaded ${loaded} and keeps to that as long as this process lives`);
  }
  const kit = findKit(device === 'cuda' ? ['tfjs-node-gpu'] : ['tfjs-node', 'tfjs-node-gpu']);
  if (!kit) throw missing('TensorFlow', device === 'cuda' ? 'tfjs-node-gpu' : 'tfjs-node');
  const { tf, binding } = requireTensorFlow(kit, device, threads);
  await begin(tf, 'tensorflow').catch((cause: unknown) => {
    throw broken('TensorFlow', kit, cause);
  });
  if (device === 'cuda' && !binding.isUsingGpuDevice()) {
    throw new BackendError('TensorFlow finds no GPU that it can use here', {
      fix: `--device ${devices[0]}`,
    });
  }
  const version = `${kit.name} ${tfjsVersion} (TensorFlow ${binding.TF_Version})`;
  const hardware = device === 'cuda' ? await gpu() : instructionSet();
  tensorflow = { variant: 'tensorflow', device, version, hardware, threads, tf, name: 'tensorflow' };
  return tensorflow;
}

interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** What the index of tfjs-node does, without what would look for a download. */
function requireTensorFlow(kit: Kit, device: Device, threads: number) {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  Object.assign(process.env, environment(threads), device === 'cpu' && { CUDA_VISIBLE_DEVICES: '-1' });
  try {
    const binding: Binding = require(join(kit.folder, kitFiles.addon));
    const tf = requireModule(kit);
    tf.registerBackend('tensorflow', () => new tf.NodeJSKernelBackend!(binding, '@tensorflow/tfjs-node'));
    return { tf, binding };
  } catch (cause) {
    throw broken('TensorFlow', kit, cause);
  } finally {
    if (visible === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
    else process.env.CUDA_VISIBLE_DEVICES = visible;
  }
}

const require = createRequire(import.meta.url);

/** TensorFlow.js as `npm run setup` has put it together. */
function requireModule({ folder }: Kit): TensorFlow {
  require('node:util').isNullOrUndefined ??= (value: unknown) => value == null; // gone in Node 23
  const tf: TensorFlow = require(join(folder, kitFiles.module));
  tf.enableProdMode();
  tf.setWasmPaths(join(folder, '/'));
  return tf;
}

/** What the library reads when it is loaded. oneDNN is off by itself without AVX-512; TF32 is on by itself. */
function environment(threads: number): NodeJS.ProcessEnv {
  return {
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_NUM_INTRAOP_THREADS: `${threads}`,
    TF_NUM_INTEROP_THREADS: '1',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    NVIDIA_TF32_OVERRIDE: '0',
  };
}

async function loadPlain(variant: Variant, name: EngineName, device: Device): Promise<Engine> {
  if (device !== 'cpu') {
    throw new BackendError(`the variant ${variant} computes on the cpu only`, { fix: '--device cpu' });
  }
  const kit = findKit(everyKit);
  if (!kit) throw missing('TensorFlow.js', 'tfjs');
  try {
    const tf = requireModule(kit);
    await begin(tf, name);
    const version = `tfjs ${tfjsVersion}`;
    return { variant, device, version, hardware: 'any', threads: 1, tf, name };
  } catch (cause) {
    throw broken(variant, kit, cause);
  }
}

/** Engines that have begun in this process. */
const begun = new Set<EngineName>();

/** Makes an engine the active one. WASM listens for errors of the whole process: nobody has asked it to. */
async function begin(tf: TensorFlow, name: EngineName): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map(event => new Set<unknown>(process.listeners(event as never)));
  if (!(await tf.setBackend(name))) throw new Error('it cannot be initialised');
  for (const [i, event] of events.entries()) {
    for (const listener of process.listeners(event as never))
      if (!before[i]!.has(listener)) process.off(event, listener);
  }
  if (!begun.has(name)) registerKernels(tf, name);
  begun.add(name);
}

function missing(what: string, kit: KitName): Absent {
  return new Absent(`${what} is not set up`, { fix: `npm run setup -- ${kit}` });
}

function broken(what: string, { name, folder }: Kit, cause: unknown): Absent {
  return new Absent(`${what} does not load: ${firstLine(cause)}`, {
    fix: `rm -r ${shellWord(folder)}; npm run setup -- ${name}`,
    cause,
  });
}

/** Decides results to the bit, by the widths of sums. */
function instructionSet(): string {
  if (process.arch !== 'x64') return process.arch;
  const flags = /^flags.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  return /\bavx512f\b/.test(flags) ? 'avx512' : /\bavx2\b/.test(flags) ? 'avx2' : 'x64';
}

async function gpu(): Promise<string> {
  const { execa } = await import('execa');
  const query = ['--query-gpu=name,compute_cap', '--format=csv,noheader'];
  const { exitCode, stdout } = await execa('nvidia-smi', query, { reject: false });
  return exitCode === 0 ? stdout.split('\n')[0]! : 'cuda';
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!;
}
