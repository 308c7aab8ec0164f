import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureCifar10 } from '../../ml/data/cifar10/sources.ts';
import type { RunSpec } from '../manifest/types.ts';
import type { PlannedRun } from '../plan/types.ts';
import { openStore } from '../record/store.ts';
import { type ExecuteOptions, execute } from './execute.ts';
import { identityOf, inFolder, plan, tinySpec } from './fixtures.ts';
import type { ExecutionEvent } from './types.ts';

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data) console.warn(`skipped: workers that train need CIFAR-10. ${data.why}`);

const options = (store: string, rest: Partial<ExecuteOptions> = {}): ExecuteOptions => ({
  store,
  dataFolders: { cifar10: 'folder' in data ? data.folder : '' },
  jobs: 2,
  keepGoing: false,
  force: false,
  checkpointSeconds: 60,
  command: 'test',
  ...rest,
});

const scheduled = (schedule: Partial<RunSpec['schedule']>): RunSpec => ({
  ...tinySpec,
  schedule: { ...tinySpec.schedule, ...schedule },
});
const failing = plan(identityOf(scheduled({ rate: 1e30, warmup: null })), 100);
const endless = plan(identityOf(scheduled({ iterations: 1_000_000 })), 90);
const short = plan(identityOf(tinySpec), 1);

async function watch(runs: PlannedRun[], how: ExecuteOptions) {
  const events: ExecutionEvent[] = [];
  const result = await execute(runs, how, event => events.push(event));
  const of = (...types: string[]) =>
    events
      .filter(e => types.includes(e.type))
      .map(e => `${e.type} ${runs.findIndex(run => run.key === e.key)}`);
  return { result, events, of };
}

describe('execute, without a worker', () => {
  it('refuses a store that cannot be written, before anything is started', () =>
    inFolder(async folder => {
      writeFileSync(join(folder, 'file'), '');
      const failure = watch([short], options(join(folder, 'file')));
      await expect(failure).rejects.toThrow(
        `${join(folder, 'file')}: could not be written, a file of that name is there.`,
      );
      await expect(failure).rejects.toMatchObject({ name: 'UserError', exitCode: 2 });
    }));

  it('reports a record that cannot be used as the failure of that run', () =>
    inFolder(async store => {
      const file = join(openStore(store).runFolder(short.key), 'record.json');
      mkdirSync(openStore(store).runFolder(short.key), { recursive: true });
      writeFileSync(file, '{"schema": 1, "key"');
      const { result } = await watch([short], options(store));
      expect(result.failures).toMatchObject([{ key: short.key, message: expect.stringContaining(file) }]);
    }));

  it('starts nothing once it is interrupted', () =>
    inFolder(async store => {
      const { result, events } = await watch([short], options(store, { signal: AbortSignal.abort() }));
      expect(result).toEqual({ outcomes: new Map(), failures: [], interrupted: true });
      expect(events).toEqual([]);
    }));
});

describe.skipIf('why' in data)('execute', { timeout: 60_000 }, () => {
  it('trains the longest run first, and no two at once that memory has no room for', () =>
    inFolder(async store => {
      const large = (seed: number, seconds: number) => {
        const run = plan(identityOf(tinySpec, 'onnxruntime', seed), seconds);
        return { ...run, cost: { ...run.cost, memoryMiB: 2 ** 40 } };
      };
      const runs = [large(1, 5), large(2, 7)];
      const { result, of } = await watch(runs, options(store));
      expect(of('started', 'done')).toEqual(['started 1', 'done 1', 'started 0', 'done 0']);
      expect([...result.outcomes.values()]).toEqual(['ran', 'ran']);
      const alone = (await openStore(store).readRecord(runs[0]!.key))!;
      expect(alone.provenance.session.threads).toBe(availableParallelism());
      expect((await watch(runs, options(store))).of('started', 'done')).toEqual(['done 1', 'done 0']);
    }));

  it('brings the others to a checkpoint when a run fails, and starts no more', () =>
    inFolder(async store => {
      const { result, of } = await watch([failing, endless, short], options(store));
      expect(result.failures).toMatchObject([
        { key: failing.key, message: expect.stringContaining('diverged') },
      ]);
      expect(result).toMatchObject({ interrupted: false, outcomes: new Map() });
      expect(of('failed', 'done', 'died')).toEqual(['failed 0']);
      expect(await openStore(store).readRecord(short.key)).toBeNull();
    }));

  it('goes on with the others when it is to keep going', () =>
    inFolder(async store => {
      const { result } = await watch([failing, short], options(store, { keepGoing: true }));
      expect(result.failures.map(({ key }) => key)).toEqual([failing.key]);
      expect([...result.outcomes]).toEqual([[short.key, 'ran']]);
    }));
});
