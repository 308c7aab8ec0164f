import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backends } from '../backends/registry.ts';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { runJob } from '../harness/execute/job.ts';
import { identityOf, inFolder, orderFor, planned, tinySpec } from '../harness/execute/jobs.fixture.ts';
import type { ExecutionEvent } from '../harness/execute/types.ts';
import { readCheckpointHeader } from '../harness/record/checkpoint.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { jobFiles, openStore } from '../harness/record/store.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
const probe = await (await backends.torch()).probe();
const why =
  'why' in data ? data.why : probe.available ? null : `${probe.missing}; to enable it: ${probe.fix}`;
if (why) console.warn(`skipped: runs on PyTorch. ${why}`);
else if (process.platform !== 'linux')
  console.warn('skipped: runs on PyTorch. Their workers are found in /proc');
const dataFolder = 'folder' in data ? data.folder : '';

/** A second of training on real images. */
const identity = {
  ...identityOf(
    {
      ...tinySpec,
      data: { ...tinySpec.data, trainImages: 1000, testImages: 500 },
      schedule: { ...tinySpec.schedule, iterations: 120, drops: [60] },
    },
    'torch',
  ),
  inputs: { data: cifar10Digest },
};
const run = planned(identity);
const options = (store: string): ExecuteOptions => ({
  store,
  dataFolders: { cifar10: dataFolder },
  jobs: 1,
  threads: 1,
  keepGoing: false,
  force: false,
  checkpointSeconds: 0.05,
  command: 'test',
});
const recordIn = (store: string) => openStore(store).record(run.key)!;

describe.skipIf(why !== null || process.platform !== 'linux')(
  'a run on PyTorch',
  { timeout: 600_000 },
  () => {
    it('whose Python is killed resumes from its checkpoint and ends in the same bytes', () =>
      inFolder(async folder => {
        const [whole, store] = [join(folder, 'whole'), join(folder, 'store')];
        await execute([run], options(whole), () => {});
        const died: ExecutionEvent[] = [];
        let kills = 2;
        const { failures, outcomes } = await execute([run], options(store), event => {
          if (event.type === 'died') died.push(event);
          if (event.type !== 'checkpointed' || kills === 0) return;
          const holder = lockHolder(openStore(store).jobFolder(run.key));
          const [python] = holder ? childrenOf(holder.pid) : [];
          if (python === undefined) return; // gone, or not started yet
          kills--;
          process.kill(python, 'SIGKILL');
        });
        expect(died.slice(0, 2)).toMatchObject([
          {
            message: expect.stringMatching(
              /^ResNet-8, seed 1, stopped: the torch worker was killed by SIGKILL \(the system does that/,
            ),
            retry: true,
          },
          { retry: true },
        ]);
        expect(failures).toEqual([]);
        expect(outcomes.get(run.key)).toBe('resumed');
        const [resumed, uninterrupted] = [recordIn(store), recordIn(whole)];
        expect(resumed.result).toEqual(uninterrupted.result);
        expect(resumed.provenance.resumed).toBe(2);
        expect(resumed.provenance.session).toMatchObject({ backend: 'torch', device: 'cpu', threads: 1 });
      }));

    it('keeps its number of threads when it is resumed with another', () =>
      inFolder(async store => {
        const order = { ...orderFor(store, identity), dataFolder, threads: 2 };
        const stop = new AbortController();
        const stopped = await runJob(order, {
          signal: stop.signal,
          onMessage: ({ type }) => type === 'checkpointed' && stop.abort(),
        });
        expect(stopped).toBeNull();
        const checkpoint = join(openStore(store).jobFolder(run.key), jobFiles.checkpoint);
        expect(readCheckpointHeader(checkpoint, run.key)?.threads).toBe(2);
        const end = await runJob(
          { ...order, threads: 1 },
          { signal: new AbortController().signal, onMessage: () => {} },
        );
        expect(end?.how).toBe('resumed');
        expect(end?.record.provenance.session.threads).toBe(2);
      }));
  },
);

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
