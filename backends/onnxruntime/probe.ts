import { BackendError, type ModelState, type Probe } from '../contract.ts';
import { prepareCuda } from './cuda.ts';
import { type DeviceName, deviceNames } from './devices.ts';
import { exampleBatch, exampleProgram, exampleState } from './examples.ts';
import { hardwareOf } from './hardware.ts';
import { checkArithmetic } from './known-answer.ts';
import { standardOn } from './lowering/accelerated.ts';
import { blocked } from './lowering/blocked.ts';
import type { Lowering, LoweringName } from './lowering/lowering.ts';
import { standard } from './lowering/standard.ts';
import { NCHWC, OnnxBuilder } from './onnx.ts';
import { createSession } from './onnx-session.ts';
import { firstLine, loadRuntime, openModel } from './runtime.ts';

/** What a probe finds out about a device of this machine. */
export interface Machine {
  version: string;
  device: DeviceName;
  /** The preferred one of those that are right here. */
  lowering: LoweringName;
  /** Channels in a block of the blocked kernels, 0 without them. */
  block: number;
  hardware: string;
  notes: readonly string[];
}

/** Says whether the engine loads and computes on a device, and which lowering is right there. */
export async function probe(on?: DeviceName): Promise<Probe> {
  try {
    const { version, device, lowering, hardware, notes } = await examine(on);
    return { available: true, version, device, variant: lowering, hardware, notes };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { available: false, missing: error.message, fix: error.fix ?? 'npm ci' };
  }
}

const examined = new Map<DeviceName, Promise<Machine>>();

/** The findings of `probe`, once per process. */
export function examine(device: DeviceName = deviceNames[0]!): Promise<Machine> {
  let machine = examined.get(device);
  if (!machine) examined.set(device, (machine = examineDevice(device)));
  return machine;
}

/** What is wrong with the blocked lowering here, or undefined: one training step against the standard lowering's. */
export async function checkBlocked(block: number): Promise<string | undefined> {
  if (block === 0) return 'this ONNX Runtime has no blocked kernels';
  const wrong = difference(await step(blocked(block), 'cpu'), await step(standard, 'cpu'));
  return wrong && `a blocked training step is ${wrong}`;
}

async function examineDevice(device: DeviceName): Promise<Machine> {
  if (device === 'cuda') prepareCuda();
  const { env } = await loadRuntime();
  const version = `onnxruntime-node ${env.versions.node}`;
  const found = device === 'cpu' ? await examineProcessor() : await examineCard(device);
  return { version, device, ...found, hardware: hardwareOf(device, found.block) };
}

type Found = Pick<Machine, 'lowering' | 'block' | 'notes'>;

async function examineProcessor(): Promise<Found> {
  const block = await blockSize();
  const reason = await checkBlocked(block);
  const notes = reason ? [`the blocked lowering is not used: ${reason}`] : [];
  return { lowering: reason ? 'standard' : 'blocked', block, notes };
}

/** Tries a device other than the CPU: plain arithmetic that no other device may do for it, and a training step. */
async function examineCard(device: 'cuda' | 'webgpu'): Promise<Found> {
  const wrong = await attempted(device, async () => {
    const arithmetic = await checkArithmetic(device);
    if (arithmetic) return arithmetic;
    const training = difference(await step(standardOn(device), device), await step(standard, 'cpu'));
    return training && `a training step is ${training}`;
  });
  if (wrong) throw new BackendError(`${device} computes wrongly: ${wrong}`, { fix: '--device cpu' });
  return { lowering: 'standard', block: 0, notes: [] };
}

/** Whatever the engine says of a device that it cannot use is explained. */
async function attempted<T>(device: 'cuda' | 'webgpu', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new BackendError(`${device} cannot be used: ${firstLine(cause)}`, { fix: remedies[device], cause });
  }
}

const remedies = {
  cuda: "install NVIDIA's driver, 580 or newer; or: --device cpu",
  webgpu:
    'install a Vulkan driver and its loader (Debian and Ubuntu: apt-get install libvulkan1); or: --device cpu',
} as const;

/** Blocks two pixels of 32 channels numbered in plain order: pixel 1 of channel 0 comes after a block of pixel 0. */
async function blockSize(): Promise<number> {
  const { Tensor } = await loadRuntime();
  const shape = [1, 32, 1, 2];
  const b = new OnnxBuilder();
  b.output('y', b.op('ReorderInput', [b.input('x', shape)], {}, NCHWC), shape);
  try {
    const session = await openModel(b.model(), { threads: 1, device: 'cpu' });
    const { y } = await session.run({
      x: new Tensor(
        'float32',
        Float32Array.from({ length: 64 }, (_, i) => i),
        shape,
      ),
    });
    await session.release();
    return Math.max(0, (y!.data as Float32Array).indexOf(1));
  } catch {
    return 0; // the engine has no such operator
  }
}

async function step<T, B extends OnnxBuilder>(
  lowering: Lowering<T, B>,
  device: DeviceName,
): Promise<ModelState> {
  const program = exampleProgram({ imageSize: 8, batch: 4 });
  const info = {
    backend: 'onnxruntime',
    version: '',
    device,
    variant: lowering.name,
    hardware: '',
    threads: 1,
  };
  const session = await createSession(program, info, lowering);
  await session.setState(exampleState(program));
  await session.step(exampleBatch(program, 0), 0.1);
  const state = await session.getState();
  await session.close();
  return state;
}

/** How far a state is off another one, where that is more than rounding; undefined where it is not. */
function difference(received: ModelState, expected: ModelState): string | undefined {
  for (const name of ['parameters', 'velocity', 'statistics'] as const) {
    const off = relativeDifference(received[name], expected[name]);
    if (!(off < 1e-4)) return `off by ${off.toExponential(1)} in its ${name}`;
  }
  return undefined;
}

function relativeDifference(received: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += (received[i]! - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}
