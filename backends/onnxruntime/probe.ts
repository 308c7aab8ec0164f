import { readFileSync } from 'node:fs';
import { BackendError, type ModelState, type Probe, type SessionInfo } from '../contract.ts';
import { exampleBatch, exampleProgram, exampleState } from './examples.ts';
import { blocked } from './lowering/blocked.ts';
import type { Lowering, LoweringName } from './lowering/lowering.ts';
import { standard } from './lowering/standard.ts';
import { NCHWC, OnnxBuilder } from './onnx.ts';
import { createSession } from './onnx-session.ts';
import { loadRuntime, openModel } from './runtime.ts';

/** What a probe finds out about this machine. */
export interface Machine {
  version: string;
  device: string;
  /** The preferred one of those that are right here. */
  lowering: LoweringName;
  /** Channels in a block of the blocked kernels, 0 without them. */
  block: number;
  /** The instruction set. */
  hardware: string;
  notes: readonly string[];
}

/** Says whether the engine loads and which lowering is right here. */
export async function probe(): Promise<Probe> {
  try {
    const { version, device, lowering, hardware, notes } = await examine();
    return { available: true, version, device, variant: lowering, hardware, notes };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { available: false, missing: error.message, fix: error.fix ?? 'npm ci' };
  }
}

let examined: Promise<Machine> | undefined;

/** The findings of `probe`, once per process. */
export function examine(): Promise<Machine> {
  return (examined ??= examineMachine());
}

/** What is wrong with the blocked lowering here, or undefined: one training step against the standard lowering's. */
export async function checkBlocked(block: number): Promise<string | undefined> {
  if (block === 0) return 'this ONNX Runtime has no blocked kernels';
  const expected = await step(standard);
  const received = await step(blocked(block));
  for (const name of ['parameters', 'velocity', 'statistics'] as const) {
    const difference = relativeDifference(received[name], expected[name]);
    if (!(difference < 1e-4))
      return `a blocked training step is off by ${difference.toExponential(1)} in its ${name}`;
  }
  return undefined;
}

async function examineMachine(): Promise<Machine> {
  const { env } = await loadRuntime();
  const block = await blockSize();
  const reason = await checkBlocked(block);
  return {
    version: `onnxruntime-node ${env.versions.node}`,
    device: 'cpu',
    lowering: reason ? 'standard' : 'blocked',
    block,
    hardware: instructionSet(block),
    notes: reason ? [`the blocked lowering is not used: ${reason}`] : [],
  };
}

/** Blocks two pixels of 32 channels numbered in plain order: pixel 1 of channel 0 comes after a block of pixel 0. */
async function blockSize(): Promise<number> {
  const { Tensor } = await loadRuntime();
  const shape = [1, 32, 1, 2];
  const b = new OnnxBuilder();
  b.output('y', b.op('ReorderInput', [b.input('x', shape)], {}, NCHWC), shape);
  try {
    const session = await openModel(b.model(), 1);
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

/** Decides results to the bit, by the widths of sums: AVX-512 has blocks of 16, other x86 of 8. */
function instructionSet(block: number): string {
  if (process.arch !== 'x64') return process.arch;
  if (block === 16) return 'avx512';
  if (process.platform !== 'linux') return block === 8 ? 'avx2' : 'x64';
  return /^flags.*\bavx2\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'avx2' : 'x64';
}

async function step<T, B extends OnnxBuilder>(lowering: Lowering<T, B>): Promise<ModelState> {
  const program = exampleProgram({ imageSize: 8, batch: 4 });
  const info: SessionInfo = {
    backend: 'onnxruntime',
    version: '',
    device: 'cpu',
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

function relativeDifference(received: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, i) => {
    difference += (received[i]! - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}
