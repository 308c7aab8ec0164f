import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { inFolder } from '../harness/execute/jobs.fixture.ts';
import type { ExecutionEvent } from '../harness/execute/types.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore } from '../harness/record/store.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { ensureDigits } from '../ml/data/digits/sources.ts';

const data = await Promise.all((['crops', 'voc', 'loc'] as const).map(part => ensureDigits(part))).then(
  ([crops, voc, loc]) => ({ folders: { digits: crops!, 'digits-voc': voc!, 'digits-loc': loc! } }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data) console.warn(`skipped: detectors need MNIST and CIFAR-10. ${data.why}`);

const options = (store: string): ExecuteOptions => ({
  store,
  dataFolders: 'folders' in data ? data.folders : {},
  jobs: 2,
  threads: 1,
  keepGoing: false,
  force: false,
  checkpointSeconds: 0.05,
  command: 'npm run reproduce table7',
});

/** The jobs of a detector and of a localiser, under the profile smoke. */
async function plannedIn(store: string) {
  const common = { profile: 'smoke', backend: 'onnxruntime', store, force: false };
  const table7 = await prepare(['table7'], { ...common, rows: ['ResNet-101 07+12'] });
  const table13 = await prepare(['table13'], { ...common, rows: ['ResNet-101 RPN + R-CNN'] });
  return [...table7.plan.jobs, ...table13.plan.jobs];
}

/** Results of all jobs, by their keys. */
async function resultsIn(store: string): Promise<Record<string, unknown>> {
  const all = openStore(store).list().records;
  return Object.fromEntries(all.map(({ key, result }) => [key, result]));
}

describe.skipIf('why' in data)('a detector that is trained in steps', { timeout: 300_000 }, () => {
  let expected: Record<string, unknown>;
  beforeAll(() =>
    inFolder(async store => {
      const { failures } = await execute(await plannedIn(store), options(store), () => {});
      expect(failures).toEqual([]);
      expected = await resultsIn(store);
    }),
  );

  it('is a job for each step, after those that it needs', async () => {
    await inFolder(async store => {
      const jobs = await plannedIn(store);
      expect(jobs.map(({ network }) => network).sort()).toEqual([
        'ResNet-101 07+12',
        'ResNet-101 07+12, pretraining',
        'ResNet-101 07+12, step 1',
        'ResNet-101 07+12, step 2',
        'ResNet-101 07+12, step 3',
        'ResNet-101 RPN + R-CNN',
        'ResNet-101 RPN + R-CNN, pretraining',
        'ResNet-101 RPN + R-CNN, step 1',
      ]);
      const keys = new Set(jobs.map(({ key }) => key));
      for (const { needs } of jobs) for (const key of needs) expect(keys.has(key)).toBe(true);
      const { plan } = await prepare(['table7'], {
        profile: 'smoke',
        backend: 'onnxruntime',
        store,
        force: false,
      });
      const named = await prepare(['table10'], {
        profile: 'smoke',
        backend: 'onnxruntime',
        store,
        force: false,
      });
      const names = named.plan.jobs.map(({ network }) => network);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain('ResNet-101 07+12 +++, detector on other data, step 1');
      // Two detectors on one backbone share its pretraining.
      expect(plan.jobs.filter(({ network }) => network.endsWith('pretraining'))).toHaveLength(2);
    });
  });

  it('by kill -9 of any step, at its start and at its checkpoint, ends in the same bytes', () =>
    inFolder(async store => {
      const jobs = await plannedIn(store);
      const killed = new Set<string>();
      const kill = async (event: ExecutionEvent) => {
        const once = `${event.key} ${event.type}`;
        if (!['started', 'checkpointed'].includes(event.type) || killed.has(once)) return;
        const pid = lockHolder(openStore(store).jobFolder(event.key))?.pid;
        if (pid === undefined) return;
        killed.add(once);
        await sleep(killed.size % 3 === 0 ? 20 : 0);
        try {
          process.kill(pid, 'SIGKILL');
        } catch {} // it has ended meanwhile
      };
      const { failures } = await execute(jobs, options(store), kill);
      expect(failures).toEqual([]);
      expect(killed.size).toBeGreaterThan(jobs.length);
      expect(await resultsIn(store)).toEqual(expected);
    }));

  it('whose parameters are gone, or altered, has that step computed again, to the same result', () =>
    inFolder(async store => {
      await execute(await plannedIn(store), options(store), () => {});
      const folderOf = async (network: string) => {
        const job = (await plannedIn(store)).find(each => each.network === network)!;
        return openStore(store).jobFolder(job.key);
      };
      const second = await folderOf('ResNet-101 07+12, step 2');
      const last = await folderOf('ResNet-101 07+12');
      rmSync(join(second, 'state.bin'));
      // What is finished needs nothing.
      expect((await plannedIn(store)).every(({ state }) => state.is === 'finished')).toBe(true);
      rmSync(last, { recursive: true });
      const jobs = await plannedIn(store);
      const todo = jobs
        .filter(({ state }) => state.is !== 'finished')
        .map(({ network, again = false }) => [network, again] as const);
      expect(Object.fromEntries(todo)).toEqual({
        'ResNet-101 07+12': false,
        'ResNet-101 07+12, step 2': true,
      });
      const { failures } = await execute(jobs, options(store), () => {});
      expect(failures).toEqual([]);
      expect(existsSync(join(second, 'state.bin'))).toBe(true);
      expect(await resultsIn(store)).toEqual(expected);
    }));

  it('without what it needs, and no plan that would make it, fails with what helps', () =>
    inFolder(async store => {
      const jobs = await plannedIn(store);
      const last = jobs.find(({ network }) => network === 'ResNet-101 07+12')!;
      const { failures } = await execute([{ ...last, needs: [] }], options(store), () => {});
      expect(failures[0]!.message).toContain('there is no record; what it has left is needed');
      expect(failures[0]!.fix).toContain('run the same command again');
    }));

  it('is drawn on its test images', () =>
    inFolder(async store => {
      const jobs = await plannedIn(store);
      await execute(jobs, options(store), () => {});
      const detector = jobs.find(({ network }) => network === 'ResNet-101 07+12')!;
      const { task, spec } = detector.identity;
      const files = (file: string) => openStore(store).artefact(detector.key, file);
      const folder = 'folders' in data ? data.folders['digits-voc'] : '';
      const pictures = await (await taskOf(task).load()).pictures(spec as never, folder, files, 3);
      expect(pictures).toHaveLength(3);
      expect(pictures[0]).toMatchObject({ title: '100000', width: 48, height: 48 });
      expect(pictures.every(({ boxes }) => boxes.some(({ score }) => score === null))).toBe(true);
    }));
});
