import type { Probe } from '../contract.ts';

/** It runs wherever Node runs, with IEEE doubles: the same bits on every processor. */
export async function probeReference(): Promise<Probe> {
  return {
    available: true,
    version: `node ${process.versions.node}`,
    lowering: 'loops',
    instructionSet: 'any',
    notes: [],
  };
}
