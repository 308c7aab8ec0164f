import { cpSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vggNetwork } from '../../ml/nets/spec.ts';
import { openStore } from '../record/store.ts';
import { executionWith } from '../tasks/classification/execution.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';
import { feedsFor } from '../tasks/feeds.ts';
import { identityOf, inFolder, noiseImages, orderFor, runHere, tinySpec } from './jobs.fixture.ts';

/** A narrow VGG-16 on the whole of small images, with dropout. */
const spec: TrainSpec = {
  ...tinySpec,
  data: { ...tinySpec.data, downsample: 1 },
  network: vggNetwork(16, { filters: [2, 3, 3, 4, 4], hidden: 6, classes: 10 }),
  schedule: { ...tinySpec.schedule, iterations: 6, drops: [4], rate: 0.01, warmup: null },
  evaluation: {
    ...tinySpec.evaluation,
    trainErrorEvery: 3,
    testErrorEvery: 6,
    responses: false,
    state: true,
  },
};
const filter = (file: string) => !basename(file).startsWith('lock.'); // of a process that lives
const job = (store: string) => orderFor(store, identityOf(spec, 'onnxruntime'));

describe('a training of VGG', () => {
  it(
    'ends in the same bytes when it was stopped, and when it was killed, on the way',
    () =>
      inFolder(store =>
        inFolder(async other => {
          const whole = (await runHere(job(store)))!.record;
          expect(Object.keys(whole.result.artefacts).sort()).toEqual(['state.bin', 'wrong.bin']);
          const killed = `${other}-killed`;
          const end = await runHere(job(other), (message, stop) => {
            if (message.type !== 'checkpointed' || message.done < 4) return;
            cpSync(other, killed, { recursive: true, filter }); // what a kill would leave
            stop();
          });
          expect(end).toBeNull();
          for (const left of [other, killed]) {
            const { record } = (await runHere(job(left)))!;
            expect(record.provenance.resumed).toBe(1);
            expect(record.result).toEqual(whole.result);
          }
          rmSync(killed, { recursive: true });
          expect(openStore(other).record(whole.key)!.resultSha256).toBe(whole.resultSha256);
        }),
      ),
    60_000,
  );

  it('has masks with every batch, others with the next', async () => {
    const rest = { data: '', dataFolder: '', threads: 1, needs: {} };
    const work = await executionWith(noiseImages).openTraining({ spec, seed: 1, ...rest });
    const [first, second] = [feedsFor(work.program), feedsFor(work.program)];
    await work.batches.fill(0, first);
    await work.batches.fill(1, second);
    for (const name of ['fc6.mask', 'fc7.mask']) {
      expect(new Set(first[name]), name).toEqual(new Set([0, 2]));
      expect(first[name], name).not.toEqual(second[name]);
    }
    await work.close();
  });
});
