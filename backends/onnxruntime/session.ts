import type { Program } from '../../ml/program.ts';
import { BackendError, type Session, type SessionOptions } from '../contract.ts';
import { blocked } from './lowering/blocked.ts';
import { type LoweringName, loweringNames } from './lowering/lowering.ts';
import { standard } from './lowering/standard.ts';
import { createSession } from './onnx-session.ts';
import { examine, type Machine } from './probe.ts';

/** Opens a session with the variant asked for, or the one that the probe prefers. */
export async function openSession(program: Program, { threads, variant }: SessionOptions): Promise<Session> {
  const machine = await examine();
  const { version, device, hardware, block } = machine;
  const lowering = chooseLowering(machine, variant);
  const info = { backend: 'onnxruntime', version, device, variant: lowering, hardware, threads };
  return lowering === 'blocked'
    ? createSession(program, info, blocked(block))
    : createSession(program, info, standard);
}

/** The variant asked for, if it is right here; the one that the probe prefers when none is. */
export function chooseLowering({ lowering, notes }: Machine, variant: string | undefined): LoweringName {
  if (variant === 'blocked' && lowering !== 'blocked') {
    throw new BackendError(`onnxruntime: ${notes.join('; ')}`, { fix: '--variant standard' });
  }
  return loweringNames.find(name => name === variant) ?? lowering;
}
