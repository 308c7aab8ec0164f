import type { InferenceSession } from 'onnxruntime-node';
import type { DeviceName } from './devices.ts';
import { OnnxBuilder } from './onnx.ts';
import { loadRuntime, openModel } from './runtime.ts';

const [channels, size] = [32, 8];
const count = channels * size * size;

/** Sessions that are never closed: with the last one on a device, the engine would drop what it has compiled for it. */
const kept = new Map<DeviceName, InferenceSession>();

/**
 * What is wrong with a device's arithmetic, or undefined: a convolution and a matrix product that copy numbers of 13 bits,
 * of which reduced formats (TF32, half precision) keep 11. The engine may not hand them to the CPU.
 */
export async function checkArithmetic(device: DeviceName): Promise<string | undefined> {
  const { Tensor } = await loadRuntime();
  const session = kept.get(device) ?? (await open(device));
  kept.set(device, session);
  const x = Float32Array.from({ length: count }, (_, i) => 1 + (i % 4096) / 4096);
  const outputs = await session.run({ x: new Tensor('float32', x, [1, channels, size, size]) });
  for (const [name, what] of [
    ['convolved', 'a convolution'],
    ['multiplied', 'a matrix product'],
  ] as const) {
    const received = outputs[name]!.data as Float32Array;
    const off = x.reduce((most, value, i) => Math.max(most, Math.abs(received[i]! - value)), 0);
    if (!(off < 1e-5)) return `${what} is off by ${off.toExponential(1)}`;
  }
  return undefined;
}

function open(device: DeviceName): Promise<InferenceSession> {
  const b = new OnnxBuilder();
  const x = b.input('x', [1, channels, size, size]);
  // Each filter copies the channel of its number.
  const filters = new Float32Array(channels * channels * 9);
  for (let i = 0; i < channels; i++) filters[(i * channels + i) * 9 + 4] = 1;
  const w = b.floats(filters, [channels, channels, 3, 3]);
  const window = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] };
  b.output('convolved', b.op('Conv', [x, w], window), [1, channels, size, size]);
  const unit = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  b.output('multiplied', b.op('MatMul', [x, b.floats(unit, [size, size])]), [1, channels, size, size]);
  return openModel(b.model(), { threads: 1, device }, { 'session.disable_cpu_ep_fallback': '1' });
}
