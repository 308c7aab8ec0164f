import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { identityOf, inFolder, orderFor, plan, tinySpec } from '../harness/execute/fixtures.ts';
import { trainRun } from '../harness/execute/train.ts';
import type { ExecutionEvent, ExecutionResult, WorkerMessage } from '../harness/execute/types.ts';
import type { RunSpec } from '../harness/manifest/types.ts';
import type { PlannedRun } from '../harness/plan/types.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore } from '../harness/record/store.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

const loader = new URL('../loader/register.mjs', import.meta.url).href;

/** A second or two of training on real images; the default backend. */
const spec: RunSpec = {
  ...tinySpec,
  data: { ...tinySpec.data, trainImages: 1000, testImages: 500 },
  network: { ...tinySpec.network, widths: [8, 16, 32] },
  optimiser: { ...tinySpec.optimiser, batch: 32 },
  schedule: { ...tinySpec.schedule, iterations: 250, drops: [125] },
  evaluation: { trainErrorEvery: 30, testErrorEvery: 50, testErrorImages: 250, responses: true },
};
const run: PlannedRun = plan({ ...identityOf(spec, 'onnxruntime'), data: cifar10Digest });

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data) console.warn(`skipped: resuming real runs needs CIFAR-10. ${data.why}`);
const dataFolders = { cifar10: 'folder' in data ? data.folder : '' };

const options = (store: string): ExecuteOptions => ({
  store,
  dataFolders,
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
      // What to wait for and how much longer: some steps on, while a checkpoint is written, before there is one.
      const kills: [ExecutionEvent['type'], number][] = [
        ['started', 0],
        ['checkpointed', 0],
        ['checkpointed', 7],
        ['checkpointed', 33],
      ];
      const killed = new Set<number>();
      const killLater = async (event: ExecutionEvent) => {
        events.push(event);
        const pid = lockHolder(openStore(store).runFolder(run.key))?.pid;
        if (event.type !== kills[0]?.[0] || pid === undefined || killed.has(pid)) return;
        const [, delay] = kills.shift()!;
        killed.add(pid);
        await sleep(delay);
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
      await driver.until('checkpointed');
      process.kill(-driver.command.pid!, 'SIGINT');
      expect(await driver.closed).toBe(130);
      const checkpoint = driver.events.findLast(event => event.type === 'checkpointed')!;
      expect(await openStore(store).checkpointIteration(run.key)).toBe(checkpoint.iteration);
      expect(lockHolder(openStore(store).runFolder(run.key))).toBeNull();
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      expect(await result(store)).toBe(expected);
    }));

  it('continues under another lowering, and its record says that two computed it', () =>
    inFolder(async store => {
      const stop = new AbortController();
      const onMessage = ({ type }: WorkerMessage) => type === 'checkpointed' && stop.abort();
      const order = {
        ...orderFor(store, run.identity),
        dataFolder: dataFolders.cifar10,
        lowering: 'standard',
      };
      expect(await trainRun(order, { onMessage, signal: stop.signal })).toBeNull();
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      const record = (await openStore(store).readRecord(run.key))!;
      if (record.provenance.session.lowering === 'standard') return; // this machine has no other
      expect(record.result.determinism.tier).toBe('D3');
      expect(record.result.determinism.evidence).toMatch(/standard, .*; then .* blocked/);
    }));

  it('is trained once when several commands want it: they do what is free, then wait and find it recorded', () =>
    inFolder(async store => {
      const short = { ...spec, schedule: { ...spec.schedule, iterations: 4 } };
      const free = { ...plan({ ...run.identity, spec: short }), cost: { ...run.cost, seconds: 0.1 } };
      const events: ExecutionEvent[] = [];
      let others: Promise<ExecutionResult>[] = [];
      const { outcomes } = await execute([run], options(store), event => {
        if (event.type !== 'started') return;
        const want = (runs: PlannedRun[]) => execute(runs, options(store), other => events.push(other));
        others = [want([run, free]), want([run])];
      });
      expect(outcomes.get(run.key)).toBe('ran');
      const [both, one] = await Promise.all(others);
      expect(Object.fromEntries(both!.outcomes)).toEqual({ [run.key]: 'recorded', [free.key]: 'ran' });
      expect(Object.fromEntries(one!.outcomes)).toEqual({ [run.key]: 'recorded' });
      expect(events.filter(event => event.type === 'started').map(event => event.key)).toEqual([free.key]);
      expect(await result(store)).toBe(expected);
    }));

  it('leaves the run to the command that has it, and says which process that is', () =>
    inFolder(async store => {
      const events: ExecutionEvent[] = [];
      let waiting: Promise<ExecutionResult> | undefined;
      let worker = 0;
      const interrupt = new AbortController();
      const long = { ...spec, schedule: { ...spec.schedule, iterations: 1_000_000 } };
      const endless = plan({ ...run.identity, spec: long });
      const { interrupted } = await execute(
        [endless],
        { ...options(store), signal: interrupt.signal },
        event => {
          if (event.type !== 'started') return;
          worker = lockHolder(openStore(store).runFolder(endless.key))!.pid;
          const stop = new AbortController();
          waiting = execute([endless], { ...options(store), signal: stop.signal }, other => {
            events.push(other);
            stop.abort();
            interrupt.abort();
          });
        },
      );
      expect(interrupted).toBe(true);
      expect((await waiting)!.interrupted).toBe(true);
      expect(events).toEqual([{ key: endless.key, type: 'waiting', forProcess: worker }]);
    }));
});

/** Starts the command in a process group of its own, as a terminal does. */
function drive(store: string) {
  const file = join(store, 'order.json');
  writeFileSync(file, JSON.stringify({ runs: [run], options: options(store) }));
  const driver = fileURLToPath(new URL('resume-driver.ts', import.meta.url));
  const command = spawn(process.execPath, ['--import', loader, driver, file], {
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
