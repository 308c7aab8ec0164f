import type { Program } from '../../ml/program.ts';
import { BackendError, type Session, type SessionOptions } from '../contract.ts';
import { blocked } from './lowering/blocked.ts';
import { type LoweringName, loweringNames } from './lowering/names.ts';
import { standard } from './lowering/standard.ts';
import { createSession } from './onnx-session.ts';
import { examine, type Machine } from './probe.ts';

/** Opens a session with the lowering asked for, or the one that the probe prefers. */
export async function openSession(program: Program, options: SessionOptions): Promise<Session> {
  const machine = await examine();
  const lowering = chooseLowering(machine, options.lowering);
  const { version, instructionSet } = machine;
  const info = { backend: 'onnxruntime', version, lowering, instructionSet, threads: options.threads };
  return lowering === 'blocked'
    ? createSession(program, info, blocked(machine.block))
    : createSession(program, info, standard);
}

function chooseLowering(machine: Machine, asked: string | undefined): LoweringName {
  if (asked === undefined) return machine.lowering;
  const lowering = loweringNames.find(name => name === asked);
  if (!lowering) {
    throw new BackendError(`onnxruntime: no lowering ${asked}; expected one of: ${loweringNames.join(', ')}`);
  }
  if (lowering === 'blocked' && machine.lowering !== 'blocked') {
    throw new BackendError(`onnxruntime: ${machine.notes.join('; ')}; use: standard`);
  }
  return lowering;
}
