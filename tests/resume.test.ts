import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { runJob } from '../harness/execute/job.ts';
import { identityOf, inFolder, orderFor, planned, tinySpec } from '../harness/execute/jobs.fixture.ts';
import type { ExecutionEvent, ExecutionResult, Order, WorkerMessage } from '../harness/execute/types.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { readCheckpoint, writeCheckpoint } from '../harness/record/checkpoint.ts';
import { lockHolder } from '../harness/record/lock.ts';
import { openStore } from '../harness/record/store.ts';
import type { TrainSpec } from '../harness/tasks/classification/spec.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

const loader = new URL('../loader/register.mjs', import.meta.url).href;

/** A second or two of training on real images; the default backend. */
const spec: TrainSpec = {
  ...tinySpec,
  data: { ...tinySpec.data, trainImages: 1000, testImages: 500 },
  network: { ...tinySpec.network, widths: [8, 16, 32] },
  optimiser: { ...tinySpec.optimiser, batch: 32 },
  schedule: { ...tinySpec.schedule, iterations: 250, drops: [125] },
  evaluation: { ...tinySpec.evaluation, trainErrorEvery: 30, testErrorEvery: 50, testErrorImages: 250 },
};
const identity = (of: TrainSpec = spec) => ({
  ...identityOf(of, 'onnxruntime'),
  inputs: { data: cifar10Digest },
});
const run: PlannedJob = planned(identity());

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

const folderOf = (store: string) => openStore(store).jobFolder(run.key);
const result = (store: string) => JSON.stringify(openStore(store).record(run.key)?.result);

describe.skipIf('why' in data)('a run that is interrupted', { timeout: 300_000 }, () => {
  let expected: string;
  beforeAll(() =>
    inFolder(async store => {
      await execute([run], options(store), () => {});
      expected = result(store);
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
        const pid = lockHolder(folderOf(store))?.pid;
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
      expect(result(store)).toBe(expected);
      expect(readdirSync(folderOf(store)).sort()).toEqual(['events.jsonl', 'record.json', 'wrong.bin']);
    }));

  it('by kill -9 of the command, is brought to a checkpoint by its worker and ends in the same bytes', () =>
    inFolder(async store => {
      const driver = drive(store);
      await driver.until('checkpointed');
      const worker = lockHolder(folderOf(store))!.pid;
      driver.command.kill('SIGKILL');
      await gone(worker);
      expect(openStore(store).done(run.key)).toBeGreaterThan(3);
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      expect(result(store)).toBe(expected);
    }));

  it('by Ctrl-C, which reaches command and worker, stops at a checkpoint and ends in the same bytes', () =>
    inFolder(async store => {
      const driver = drive(store);
      await driver.until('checkpointed');
      process.kill(-driver.command.pid!, 'SIGINT');
      expect(await driver.closed).toBe(130);
      const checkpoint = driver.events.findLast(event => event.type === 'checkpointed')!;
      expect(openStore(store).done(run.key)).toBe(checkpoint.done);
      expect(lockHolder(folderOf(store))).toBeNull();
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      expect(result(store)).toBe(expected);
    }));

  it('resumes under another variant, and its record says that two computed it', () =>
    inFolder(async store => {
      await stopped({
        ...orderFor(store, run.identity),
        dataFolder: dataFolders.cifar10,
        variant: 'standard',
      });
      const { outcomes } = await execute([run], options(store), () => {});
      expect(outcomes.get(run.key)).toBe('resumed');
      const record = openStore(store).record(run.key)!;
      if (record.provenance.session.variant === 'standard') return; // this machine has no other
      expect(record.result.determinism.tier).toBe('D3');
      expect(record.result.determinism.evidence).toMatch(/standard, .*; then .* blocked/);
    }));

  it('resumes under other code, and its record says that two computed it, and which', () =>
    inFolder(async store => {
      await stopped({ ...orderFor(store, run.identity), dataFolder: dataFolders.cifar10 });
      const file = join(folderOf(store), 'checkpoint.bin');
      const { header, state } = readCheckpoint(file, run.key)!;
      const [now] = header.attempts.code;
      const other = { ...now!, sources: 'a'.repeat(64), commit: 'b'.repeat(40) };
      writeCheckpoint(file, {
        header: { ...header, attempts: { ...header.attempts, code: [other] } },
        state,
      });
      await execute([run], options(store), () => {});
      const { result, provenance } = openStore(store).record(run.key)!;
      expect(provenance.code).toMatchObject([other, { sources: now!.sources }]);
      expect(result.determinism.tier).toBe('D3');
      expect(result.determinism.evidence).toMatch(/^resumed under other code: bbbbbbbbbb/);
      expect(result.digests.state).toBe(JSON.parse(expected).digests.state);
    }));

  it('is trained once when several commands want it: they do what is free, then wait and find it recorded', () =>
    inFolder(async store => {
      const short = { ...spec, schedule: { ...spec.schedule, iterations: 4 } };
      const free: PlannedJob = planned(identity(short), 0.1);
      const events: ExecutionEvent[] = [];
      let others: Promise<ExecutionResult>[] = [];
      const { outcomes } = await execute([run], options(store), event => {
        if (event.type !== 'started') return;
        const want = (jobs: PlannedJob[]) => execute(jobs, options(store), other => events.push(other));
        others = [want([run, free]), want([run])];
      });
      expect(outcomes.get(run.key)).toBe('ran');
      const [both, one] = await Promise.all(others);
      expect(Object.fromEntries(both!.outcomes)).toEqual({ [run.key]: 'recorded', [free.key]: 'ran' });
      expect(Object.fromEntries(one!.outcomes)).toEqual({ [run.key]: 'recorded' });
      expect(events.filter(event => event.type === 'started').map(event => event.key)).toEqual([free.key]);
      expect(result(store)).toBe(expected);
    }));

  it('leaves the run to the command that has it, and says which process that is', () =>
    inFolder(async store => {
      const events: ExecutionEvent[] = [];
      let waiting: Promise<ExecutionResult> | undefined;
      let worker = 0;
      const interrupt = new AbortController();
      const long = { ...spec, schedule: { ...spec.schedule, iterations: 1_000_000 } };
      const endless: PlannedJob = planned(identity(long));
      const { interrupted } = await execute(
        [endless],
        { ...options(store), signal: interrupt.signal },
        event => {
          if (event.type !== 'started') return;
          worker = lockHolder(openStore(store).jobFolder(endless.key))!.pid;
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
      expect(events).toMatchObject([
        { key: endless.key, type: 'waiting', forProcess: worker, takenOverIn: null },
      ]);
    }));
});

/** Trains in this process to the first checkpoint. */
async function stopped(order: Order): Promise<void> {
  const stop = new AbortController();
  const onMessage = ({ type }: WorkerMessage) => type === 'checkpointed' && stop.abort();
  expect(await runJob(order, { onMessage, signal: stop.signal })).toBeNull();
}

/** Starts the command in a process group of its own, as a terminal does. */
function drive(store: string) {
  const file = join(store, 'order.json');
  writeFileSync(file, JSON.stringify({ jobs: [run], options: options(store) }));
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
