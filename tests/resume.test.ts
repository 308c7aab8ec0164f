import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { identityOf, inFolder, plan, tinySpec } from '../harness/execute/fixtures.ts';
import type { ExecutionEvent } from '../harness/execute/types.ts';
import type { RunSpec } from '../harness/manifest/types.ts';
import type { PlannedRun } from '../harness/plan/types.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore } from '../harness/record/store.ts';
import { cifar10Digest } from '../ml/data/cifar10.ts';
import { ensureCifar10 } from '../ml/data/sources.ts';

/** A second or two of training on real images; the default backend. */
const spec: RunSpec = {
  ...tinySpec,
  data: { ...tinySpec.data, trainImages: 1000, testImages: 500 },
  network: { ...tinySpec.network, widths: [8, 16, 32] },
  optimiser: { ...tinySpec.optimiser, batch: 32 },
  schedule: { ...tinySpec.schedule, iterations: 400, drops: [200] },
  evaluation: { trainErrorEvery: 30, testErrorEvery: 50, testErrorImages: 250, responses: true },
};
const run: PlannedRun = plan({ ...identityOf(spec, 'onnxruntime'), data: cifar10Digest });

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data) console.warn(`skipped: resuming real runs needs CIFAR-10. ${data.why}`);

const options = (store: string): ExecuteOptions => ({
  store,
  dataFolder: 'folder' in data ? data.folder : '',
  jobs: 1,
  threads: 1,
  keepGoing: false,
  force: false,
  checkpointSeconds: 0.1,
  command: 'npm run reproduce table6',
});

const result = async (store: string) => JSON.stringify((await openStore(store).readRecord(run.key))?.result);

describe.skipIf('why' in data)('a run that is interrupted', { timeout: 60_000 }, () => {
  let expected: string;
  beforeAll(() =>
    inFolder(async store => {
      await execute([run], options(store), () => {});
      expected = await result(store);
    }),
  );

  it('by kill -9 of its worker at any moment, again and again, goes on and ends in the same bytes', () =>
    inFolder(async store => {
      const events: ExecutionEvent[] = [];
      const delays = [0, 130, 310, 550];
      const killLater = async (event: ExecutionEvent) => {
        events.push(event);
        if (event.type !== 'started' || delays.length === 0) return;
        const { pid } = lockHolder(openStore(store).runFolder(run.key))!;
        await sleep(delays.shift());
        process.kill(pid, 'SIGKILL');
      };
      const first = await execute([run], options(store), killLater);
      expect(first.failures[0]).toMatchObject({
        key: run.key,
        message: expect.stringContaining('killed by SIGKILL'),
      });
      const second = await execute([run], options(store), killLater);
      expect(second).toMatchObject({ failures: [], interrupted: false });
      expect(second.outcomes.get(run.key)).toBe('resumed');
      expect(events.filter(event => event.type === 'died').map(event => event.retry)).toEqual([
        true,
        true,
        false,
        true,
      ]);
      expect(await result(store)).toBe(expected);
      const folder = openStore(store).runFolder(run.key);
      expect(readdirSync(folder).sort()).toEqual(['events.jsonl', 'record.json']);
    }));

  it('by kill -9 of the command, is brought to a checkpoint by its worker and ends in the same bytes', () =>
    inFolder(async store => {
      const driver = drive(store);
      await driver.until('checkpointed');
      const worker = lockHolder(openStore(store).runFolder(run.key))!.pid;
      driver.command.kill('SIGKILL');
      await gone(worker);
      expect(await openStore(store).checkpointIteration(run.key)).toBeGreaterThan(3);
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      expect(await result(store)).toBe(expected);
    }));

  it('by Ctrl-C, which reaches command and worker, stops at a checkpoint and ends in the same bytes', () =>
    inFolder(async store => {
      const driver = drive(store);
      await driver.until('progress');
      process.kill(-driver.command.pid!, 'SIGINT');
      expect(await driver.closed).toBe(130);
      expect(driver.events.at(-1)).toMatchObject({ type: 'checkpointed' });
      expect(lockHolder(openStore(store).runFolder(run.key))).toBeNull();
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      expect(await result(store)).toBe(expected);
    }));

  it('is trained once when two commands want it: the other one waits and finds it recorded', () =>
    inFolder(async store => {
      const other = {
        ...plan({ ...run.identity, seed: 2 }),
        cost: { ...run.cost, seconds: run.cost.seconds / 2 },
      };
      const events: ExecutionEvent[] = [];
      const first = drive(store);
      await first.until('started');
      const { outcomes } = await execute([run, other], options(store), event => events.push(event));
      expect(events.find(event => event.type === 'started')?.key).toBe(other.key); // what is free goes first
      expect(Object.fromEntries(outcomes)).toEqual({ [run.key]: 'recorded', [other.key]: 'ran' });
      expect(await first.closed).toBe(0);
      expect(await result(store)).toBe(expected);

      const both = await inFolder(again =>
        Promise.all([1, 2].map(() => execute([run], options(again), e => events.push(e)))),
      );
      expect(both.map(({ outcomes }) => outcomes.get(run.key)).sort()).toEqual(['ran', 'recorded']);
      expect(events.filter(event => event.type === 'waiting').length).toBeGreaterThan(0);
    }));
});

/** Starts the command in a process group of its own, as a terminal does. */
function drive(store: string) {
  const file = join(store, 'order.json');
  writeFileSync(file, JSON.stringify({ runs: [run], options: options(store) }));
  const driver = join(import.meta.dirname, 'resume-driver.ts');
  const command = spawn(process.execPath, ['--import', 'tsx', driver, file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(command, 'close').then(([exitCode]) => exitCode as number | null);
  const events: ExecutionEvent[] = [];
  createInterface({ input: command.stdout }).on('line', line => events.push(JSON.parse(line)));
  const until = async (type: ExecutionEvent['type']) => {
    while (!events.some(event => event.type === type)) await sleep(5);
  };
  return { command, closed, events, until };
}

async function gone(pid: number): Promise<void> {
  while (true) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}
