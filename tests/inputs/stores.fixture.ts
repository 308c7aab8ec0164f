import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { loadTargets } from '../../harness/manifest/load.ts';
import { makePlan } from '../../harness/plan/plan.ts';
import { recordOf } from '../../harness/record/records.fixture.ts';
import { openStore } from '../../harness/record/store.ts';
import { cifar10Digest } from '../../ml/data/cifar10/files.ts';

const plan = await makePlan({
  targets: await loadTargets(['table6'], 'smoke'),
  seeds: [1],
  backend: { id: 'onnxruntime', numerics: 1 },
  data: new Map([['cifar10', { digest: cifar10Digest }]]),
  store: '/nowhere/at/all',
});

/** The job of a network of Table 6 under the profile smoke. */
export function jobOf(network: string) {
  return plan.jobs.find(job => job.network === network)!;
}

/** The job whose files are broken, and its key. */
export const broken = jobOf('ResNet-20');

/** Writes a store `s` that has the records of two jobs; the folder of the one that is to be broken. */
export function twoRecords(at: string): string {
  const store = openStore(join(at, 's'));
  for (const { identity, network } of [broken, jobOf('ResNet-32')])
    store.write(recordOf(identity, { network }));
  chmodSync(join(at, 's'), 0o777);
  return store.jobFolder(broken.key);
}

/** The options that make a command look at these jobs. */
export const table6 = 'table6 --profile smoke --store @/s';
