import type { Probe } from '../contract.ts';

/** What computes: IEEE doubles, so no processor decides a bit; `Math.exp` and `Math.log` are those of Node. */
export const engine = {
  version: `node ${process.versions.node}`,
  device: 'cpu',
  variant: 'loops',
  hardware: 'any',
} as const;

/** Always available: it runs wherever Node runs. */
export async function probeReference(): Promise<Probe> {
  return { available: true, ...engine, notes: [] };
}
