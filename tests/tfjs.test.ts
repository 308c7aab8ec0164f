import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backends } from '../backends/registry.ts';
import { runJob } from '../harness/execute/job.ts';
import { identityOf, inFolder, orderFor, planned, tinySpec } from '../harness/execute/jobs.fixture.ts';
import { readCheckpointHeader } from '../harness/record/checkpoint.ts';
import { jobFiles, openStore } from '../harness/record/store.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
const probe = await (await backends.tfjs()).probe();
const why =
  'why' in data ? data.why : probe.available ? null : `${probe.missing}; to enable it: ${probe.fix}`;
if (why) console.warn(`skipped: runs on TensorFlow.js. ${why}`);
const dataFolder = 'folder' in data ? data.folder : '';

/** A second of training on real images. */
const identity = {
  ...identityOf(
    {
      ...tinySpec,
      data: { ...tinySpec.data, trainImages: 500, testImages: 250 },
      schedule: { ...tinySpec.schedule, iterations: 40, drops: [20] },
    },
    'tfjs',
  ),
  inputs: { data: cifar10Digest },
};
const run = planned(identity);

describe.skipIf(why !== null)('a run on TensorFlow.js', { timeout: 600_000 }, () => {
  it('that is stopped resumes from its checkpoint, on as many threads, and ends in the same bytes', () =>
    inFolder(async folder => {
      const order = (store: string) => ({
        ...orderFor(join(folder, store), identity),
        dataFolder,
        checkpointSeconds: 0.05,
        threads: 1,
      });
      const silent = { signal: new AbortController().signal, onMessage: () => {} };
      const whole = await runJob(order('whole'), silent);
      const stop = new AbortController();
      const stopped = await runJob(order('store'), {
        signal: stop.signal,
        onMessage: ({ type }) => type === 'checkpointed' && stop.abort(),
      });
      expect(stopped).toBeNull();
      const checkpoint = join(openStore(join(folder, 'store')).jobFolder(run.key), jobFiles.checkpoint);
      expect(readCheckpointHeader(checkpoint, run.key)?.threads).toBe(1);
      const resumed = await runJob({ ...order('store'), threads: 2 }, silent);
      expect(resumed?.how).toBe('resumed');
      expect(resumed?.record.result).toEqual(whole?.record.result);
      expect(resumed?.record.provenance.session).toMatchObject({
        backend: 'tfjs',
        device: 'cpu',
        threads: 1,
        ...(probe.available && { version: probe.version, variant: probe.variant }),
      });
    }));
});
