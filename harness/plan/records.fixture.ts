import { runKey } from '../record/keys.ts';
import type { RunIdentity, RunRecord } from '../record/types.ts';

/** A record as a finished run would leave it, with made-up results; `provenance` replaces what a test is about. */
export function recordOf(
  network: string,
  identity: RunIdentity,
  provenance: Partial<RunRecord['provenance']> = {},
): RunRecord {
  return {
    schema: 1,
    key: runKey(identity),
    network,
    identity,
    result: {
      testError: 50,
      testLoss: 1.5,
      trainError: 55,
      trainLoss: 1.6,
      warmupEnded: null,
      curve: { train: [], test: [] },
      responses: null,
      digests: { data: identity.data, state: '0'.repeat(64), firstSteps: '0'.repeat(64) },
      determinism: { tier: 'D1', evidence: 'made up' },
    },
    provenance: {
      command: 'npm run reproduce table6',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:10:00Z',
      seconds: 100,
      resumed: 0,
      session: { backend: 'reference', version: '1', lowering: 'loops', instructionSet: 'any', threads: 1 },
      node: 'v20.19.0',
      platform: 'linux x64',
      cpu: 'test CPU',
      cores: 2,
      memoryGiB: 8,
      peakMemoryMiB: 321,
      stepMilliseconds: 50,
      git: null,
      lockfileSha256: '0'.repeat(64),
      ...provenance,
    },
  };
}
