import type { Graph, Value } from '../../ml/graph/graph.ts';
import { type Program, type Slot, totalSize, type TrainGraph } from '../../ml/program.ts';
import { type Batch, BackendError, type ModelState, type Session, type SessionOptions } from '../contract.ts';
import { evaluateGraph } from './evaluate.ts';
import { probeReference } from './probe.ts';
import { sgdStep } from './sgd.ts';

/** Opens a session; throws `BackendError` for a lowering other than `loops`. It computes on one thread. */
export async function openReference(program: Program, { lowering = 'loops' }: SessionOptions): Promise<Session> {
  if (lowering !== 'loops') throw new BackendError(`reference: lowering ${lowering} is unknown; it has one, loops`);
  const probe = await probeReference();
  if (!probe.available) throw new BackendError(`reference: ${probe.missing}; ${probe.fix}`);
  return new ReferenceSession(program, probe.version);
}
