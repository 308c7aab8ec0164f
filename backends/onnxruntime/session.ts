import type { Program } from '../../ml/program.ts';
import { BackendError, type Session, type SessionOptions } from '../contract.ts';
import type { DeviceName } from './devices.ts';
import { standardOn } from './lowering/accelerated.ts';
import { blocked } from './lowering/blocked.ts';
import { type LoweringName, loweringNames } from './lowering/lowering.ts';
import { createSession } from './onnx-session.ts';
import { examine, type Machine } from './probe.ts';
import { threadsFor } from './threads.ts';

/** Opens a session with the device and the variant asked for, or those that the probe prefers. */
export async function openSession(
  program: Program,
  { threads, device, variant }: SessionOptions,
): Promise<Session> {
  const machine = await examine(device as DeviceName | undefined);
  const lowering = chooseLowering(machine, variant);
  const { version, hardware, block } = machine;
  const info = {
    backend: 'onnxruntime',
    version,
    device: machine.device,
    variant: lowering,
    hardware,
    threads: threadsFor(program.train().graph, threads, lowering),
  } as const;
  return lowering === 'blocked'
    ? createSession(program, info, blocked(block))
    : createSession(program, info, standardOn(machine.device));
}

/** The variant asked for, if it is right here; the one that the probe prefers when none is. */
export function chooseLowering({ lowering, notes }: Machine, variant: string | undefined): LoweringName {
  if (variant === 'blocked' && lowering !== 'blocked') {
    throw new BackendError(`onnxruntime: ${notes.join('; ')}`, { fix: '--variant standard' });
  }
  return loweringNames.find(name => name === variant) ?? lowering;
}
