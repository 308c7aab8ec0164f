import type { Backend } from '../contract.ts';
import { probeReference } from './probe.ts';
import { openReference } from './session.ts';

/** The oracle: plain loops in TypeScript, small, slow and obvious. Every other backend is compared with it. */
export const reference: Backend = {
  id: 'reference',
  numerics: 1,
  capabilities: {
    summary: 'plain loops in TypeScript, the oracle of the conformance suite; for nets of a few layers',
    trains: true,
    devices: ['cpu'],
    lowerings: ['loops'],
  },
  probe: probeReference,
  open: openReference,
};
