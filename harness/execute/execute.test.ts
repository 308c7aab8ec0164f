import { EventEmitter, on } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineLost } from '../../backends/contract.ts';
import { ensureCifar10 } from '../../ml/data/cifar10/sources.ts';
import { holderName, ownHolder } from '../../ml/data/holder.ts';
import type { PlannedJob } from '../plan/types.ts';
import { openStore } from '../record/store.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';
import { type ExecuteOptions, execute } from './execute.ts';
import type { Executor, ExecutorEvent, WorkerExit } from './executor.ts';
import { identityOf, inFolder, orderFor, planned, runHere, tinySpec } from './jobs.fixture.ts';
import { failure } from './orders.ts';
import type { ExecutionEvent, Order, WorkerMessage } from './types.ts';

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

const scheduled = (schedule: Partial<TrainSpec['schedule']>): TrainSpec => ({
  ...tinySpec,
  schedule: { ...tinySpec.schedule, ...schedule },
});
const failing = planned(identityOf(scheduled({ rate: 1e30, warmup: null })), 100);
const endless = planned(identityOf(scheduled({ iterations: 1_000_000 })), 90);
const short = planned(identityOf(), 1);
const seed = (n: number, seconds: number, rest: Partial<PlannedJob> = {}): PlannedJob =>
  planned(identityOf(tinySpec, 'reference', n), seconds, rest);

async function watch(jobs: PlannedJob[], how: ExecuteOptions) {
  const events: ExecutionEvent[] = [];
  const result = await execute(jobs, how, event => events.push(event));
  const of = (...types: string[]) =>
    events
      .filter(e => types.includes(e.type))
      .map(e => `${e.type} ${jobs.findIndex(job => job.key === e.key)}`);
  return { result, events, of };
}

/** How a worker ended and what it said before, if anything. */
type Death = WorkerExit & { says?: WorkerMessage };

/** Runs jobs in this process, on noise; `deaths` are the ends that workers come to before they have begun. */
class HereExecutor implements Executor {
  readonly orders: Order[] = [];
  /** The largest number of jobs that ran at a time. */
  most = 0;
  readonly #deaths: Death[];
  readonly #emitter = new EventEmitter();
  readonly #events = on(this.#emitter, 'event', { close: ['close'] });
  readonly #stops = new Map<string, () => void>();

  constructor(...deaths: Partial<Death>[]) {
    this.#deaths = deaths.map(death => ({ exitCode: null, killedBy: null, lastLines: [], ...death }));
  }

  start(order: Order): void {
    this.orders.push(order);
    void this.#run(order);
  }

  stop(key: string): void {
    this.#stops.get(key)?.();
  }

  async *events(): AsyncIterable<ExecutorEvent> {
    for await (const [event] of this.#events) yield event as ExecutorEvent;
  }

  close(): void {
    this.#emitter.emit('close');
  }

  async #run({ device: _, ...order }: Order): Promise<void> {
    const { key } = order;
    const say = (event: object) => this.#emitter.emit('event', { key, ...event });
    const death = this.#deaths.shift();
    if (death?.says) say({ message: death.says });
    if (!death) {
      this.most = Math.max(this.most, this.#stops.size + 1);
      const stop = new AbortController();
      this.#stops.set(key, () => stop.abort());
      try {
        const end = await runHere(order, message => say({ message }), { signal: stop.signal });
        if (end) say({ message: { type: 'done', how: end.how } });
      } catch (error) {
        say({ message: failure(error) });
      }
      this.#stops.delete(key);
    }
    setImmediate(() => say({ exit: death ?? { exitCode: 0, killedBy: null, lastLines: [] } }));
  }
}

describe('execute, without a worker', () => {
  it('refuses a store that cannot be written, before anything is started', () =>
    inFolder(async folder => {
      writeFileSync(join(folder, 'file'), '');
      const refused = watch([short], options(join(folder, 'file')));
      await expect(refused).rejects.toThrow(`${join(folder, 'file')}: not a store, it is a file.`);
      await expect(refused).rejects.toMatchObject({ name: 'UserError', exitCode: 2 });
      mkdirSync(join(folder, 'store'));
      writeFileSync(join(folder, 'store', 'runs'), '');
      await expect(watch([short], options(join(folder, 'store')))).rejects.toMatchObject({
        name: 'UserError',
        exitCode: 2,
      });
    }));

  it('reports a record that cannot be used as the failure of that job', () =>
    inFolder(async store => {
      await runHere(orderFor(store));
      const file = join(openStore(store).jobFolder(short.key), 'record.json');
      writeFileSync(file, '{"version": 2, "key"');
      const { result } = await watch([short], options(store));
      expect(result.failures).toMatchObject([
        {
          key: short.key,
          message: expect.stringContaining(file),
          fix: expect.stringContaining(`mv ${file}`),
        },
      ]);
    }));

  it('clears away what a crash has left beside a record, but not from under another process', () =>
    inFolder(async store => {
      const { record } = (await runHere(orderFor(store)))!;
      const job = openStore(store).jobFolder(record.key);
      const here = ownHolder();
      const dead = holderName({ ...here, pid: 999999999 });
      for (const name of [
        `order.1.${dead}.json`,
        `messages.1.${dead}.jsonl`,
        'record.json.1.tmp',
        'checkpoint.bin',
      ])
        writeFileSync(join(job, name), '');
      const other = join(job, `lock.${holderName({ ...here, where: '01234567', host: 'another-host' })}`);
      writeFileSync(other, '');
      await watch([short], options(store));
      expect(readdirSync(job)).toHaveLength(8);
      rmSync(other);
      const { result } = await watch([short], options(store));
      expect([...result.outcomes]).toEqual([[short.key, 'recorded']]);
      expect(readdirSync(job).sort()).toEqual(['events.jsonl', 'record.json', 'wrong.bin']);
    }));

  it('starts nothing once it is interrupted', () =>
    inFolder(async store => {
      const { result, events } = await watch([short], options(store, { signal: AbortSignal.abort() }));
      expect(result).toEqual({ outcomes: new Map(), failures: [], interrupted: true });
      expect(events).toEqual([]);
    }));
});

describe('the queue', () => {
  it('starts the longest job first, and a job after those that it needs however long it takes', () =>
    inFolder(async store => {
      const [middle, first] = [seed(1, 5), seed(2, 7)];
      const needy = seed(3, 9, { needs: [middle.key] });
      const executor = new HereExecutor();
      const jobs = [middle, first, needy];
      const { result, of } = await watch(jobs, options(store, { jobs: 1, executor }));
      expect(of('started', 'done')).toEqual([
        ...['started 1', 'done 1'],
        ...['started 0', 'done 0'],
        ...['started 2', 'done 2'],
      ]);
      expect([...result.outcomes.values()]).toEqual(['ran', 'ran', 'ran']);
    }));

  it('lets a job begin at once when what it needs is recorded', () =>
    inFolder(async store => {
      const needed = seed(1, 1);
      await runHere(orderFor(store, needed.identity));
      const needy = seed(2, 9, { needs: [needed.key] });
      const { result } = await watch([needy, needed], options(store, { executor: new HereExecutor() }));
      expect(Object.fromEntries(result.outcomes)).toEqual({ [needed.key]: 'recorded', [needy.key]: 'ran' });
    }));

  it('fails a job that needs one which failed, and all that need it in turn, and goes on with the others', () =>
    inFolder(async store => {
      const needy = seed(1, 200, { needs: [failing.key] });
      const needier = seed(2, 300, { needs: [needy.key] });
      const free = seed(3, 1);
      const executor = new HereExecutor();
      const jobs = [needier, needy, failing, free];
      const { result, of } = await watch(jobs, options(store, { keepGoing: true, jobs: 1, executor }));
      expect(of('failed')).toEqual(['failed 2', 'failed 1', 'failed 0']);
      expect(result.failures.map(({ message }) => message)).toEqual([
        expect.stringContaining('diverged'),
        `it needs ${failing.key.slice(0, 12)}, which failed`,
        `it needs ${needy.key.slice(0, 12)}, which failed`,
      ]);
      expect(Object.fromEntries(result.outcomes)).toEqual({ [free.key]: 'ran' });
      expect(executor.orders.map(({ key }) => key)).toEqual([failing.key, free.key]);
    }));

  it('runs no two at once that memory has no room for, but each alone', () =>
    inFolder(async store => {
      const large = (n: number, seconds: number) => {
        const job = seed(n, seconds);
        return { ...job, cost: { ...job.cost, memoryMiB: 2 ** 40 } };
      };
      const jobs = [large(1, 5), large(2, 7), seed(3, 1)];
      const executor = new HereExecutor();
      const { of } = await watch(jobs, options(store, { jobs: 3, executor }));
      expect(of('done').slice(0, 2)).toEqual(['done 1', 'done 0']);
      expect(executor.most).toBe(1); // not even the small one beside one that takes more than there is
      expect(executor.orders[0]!.threads).toBeGreaterThanOrEqual(1);
    }));

  it('runs as many as asked for at once, on any device', () =>
    inFolder(async store => {
      const jobs = [seed(1, 3), seed(2, 2), seed(3, 1)];
      const [onCpu, onGpu] = [new HereExecutor(), new HereExecutor()];
      await watch(jobs, options(join(store, 'cpu'), { jobs: 2, executor: onCpu }));
      await watch(jobs, options(join(store, 'gpu'), { jobs: 3, device: 'gpu', executor: onGpu }));
      expect([onCpu.most, onGpu.most]).toEqual([2, 3]);
      expect(onGpu.orders.map(({ device }) => device)).toEqual(['gpu', 'gpu', 'gpu']);
    }));

  it('tells a worker what the plan and the options say', () =>
    inFolder(async store => {
      const executor = new HereExecutor();
      const how = { threads: 3, variant: 'standard', command: 'npm run reproduce table6', jobs: 1 };
      await watch([short], options(store, { ...how, executor, dataFolders: { cifar10: '/data' } }));
      const { key, network, asked, identity } = short;
      expect(executor.orders).toEqual([
        {
          ...{ key, network, asked, identity, store, threads: 3, variant: 'standard' },
          ...{ force: false, checkpointSeconds: 60, command: how.command, dataFolder: '/data' },
        },
      ]);
    }));
});

describe('a worker that dies', () => {
  const killed = { killedBy: 'SIGKILL', lastLines: ['out of memory'] };

  it('is replaced twice', () =>
    inFolder(async store => {
      const executor = new HereExecutor(killed, { exitCode: 7 });
      const { result, events } = await watch([short], options(store, { executor }));
      expect(events.filter(({ type }) => type === 'died')).toMatchObject([
        {
          message:
            'the worker of ResNet-8, seed 1, was killed by SIGKILL (the system does that when memory runs out)',
          lastLines: ['out of memory'],
          retry: true,
        },
        { message: 'the worker of ResNet-8, seed 1, exited with code 7', retry: true },
      ]);
      expect([...result.outcomes]).toEqual([[short.key, 'ran']]);
    }));

  it('is replaced when it was its engine that died', () =>
    inFolder(async store => {
      const says = failure(new EngineLost('the engine was killed by SIGKILL'));
      const executor = new HereExecutor({ exitCode: 4, says });
      const { result, events } = await watch([short], options(store, { executor }));
      expect(events[0]).toMatchObject({
        type: 'died',
        message: 'ResNet-8, seed 1, stopped: the engine was killed by SIGKILL',
        retry: true,
      });
      expect([...result.outcomes]).toEqual([[short.key, 'ran']]);
    }));

  it('a third time is the failure of its job, and stops the others at a checkpoint', () =>
    inFolder(async store => {
      const executor = new HereExecutor(killed, killed, killed);
      const { result, events, of } = await watch(
        [short, seed(2, 0.5)],
        options(store, { executor, jobs: 1 }),
      );
      expect(of('died')).toEqual(['died 0', 'died 0', 'died 0']);
      expect(events.at(-1)).toMatchObject({ type: 'died', retry: false });
      expect(result.failures).toMatchObject([
        {
          key: short.key,
          message: expect.stringContaining('3 times'),
          fix: expect.stringContaining('again'),
        },
      ]);
      expect(result.outcomes.size).toBe(0);
    }));

  it('under force goes on from its own checkpoint, not from the start again', () =>
    inFolder(async store => {
      const executor = new HereExecutor(killed);
      await watch([short], options(store, { executor, force: true }));
      expect(executor.orders.map(({ force }) => force)).toEqual([true, false]);
      const again = new HereExecutor(killed);
      await watch([short], options(store, { executor: again, force: true }));
      expect(again.orders.map(({ force }) => force)).toEqual([true, true]); // the record stays meanwhile
    }));
});

describe.skipIf('why' in data)('execute', { timeout: 300_000 }, () => {
  it('trains the longest job first, and no two at once that memory has no room for', () =>
    inFolder(async store => {
      const large = (n: number, seconds: number) => {
        const job = planned(identityOf(tinySpec, 'onnxruntime', n), seconds);
        return { ...job, cost: { ...job.cost, memoryMiB: 2 ** 40 } };
      };
      const jobs = [large(1, 5), large(2, 7)];
      const { result, of } = await watch(jobs, options(store));
      expect(of('started', 'done')).toEqual(['started 1', 'done 1', 'started 0', 'done 0']);
      expect([...result.outcomes.values()]).toEqual(['ran', 'ran']);
      const alone = openStore(store).record(jobs[0]!.key)!;
      expect(alone.provenance.session.threads).toBe(availableParallelism());
      expect(alone.asked).toEqual(jobs[0]!.asked);
      expect((await watch(jobs, options(store))).of('started', 'done')).toEqual(['done 1', 'done 0']);
    }));

  it('brings the others to a checkpoint when a job fails, and starts no more', () =>
    inFolder(async store => {
      const { result, of } = await watch([failing, endless, short], options(store));
      expect(result.failures).toMatchObject([
        { key: failing.key, message: expect.stringContaining('diverged') },
      ]);
      expect(result).toMatchObject({ interrupted: false, outcomes: new Map() });
      expect(of('failed', 'done', 'died')).toEqual(['failed 0']);
      expect(openStore(store).record(short.key)).toBeNull();
    }));

  it('goes on with the others when it is to keep going', () =>
    inFolder(async store => {
      const { result } = await watch([failing, short], options(store, { keepGoing: true }));
      expect(result.failures.map(({ key }) => key)).toEqual([failing.key]);
      expect([...result.outcomes]).toEqual([[short.key, 'ran']]);
    }));

  it('stops a worker that is only being started, and leaves nothing of it', () =>
    inFolder(async store => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 1); // Node alone takes longer to start
      const { result, events } = await watch([endless], options(store, { signal: stop.signal }));
      expect(result).toEqual({ outcomes: new Map(), failures: [], interrupted: true });
      expect(events.filter(({ type }) => type !== 'started')).toEqual([]);
      const left = readdirSync(openStore(store).jobFolder(endless.key));
      expect(left.filter(name => name !== 'events.jsonl')).toEqual([]);
    }));

  it('reports an order that cannot be given as the failure of its job', () =>
    inFolder(async store => {
      await watch([], options(store));
      writeFileSync(openStore(store).jobFolder(short.key), ''); // where its folder is to be
      const other = seed(2, 0.5);
      const { result } = await watch([short, other], options(store, { keepGoing: true }));
      expect(result.failures).toMatchObject([
        { key: short.key, message: expect.stringContaining(short.key) },
      ]);
      expect([...result.outcomes]).toEqual([[other.key, 'ran']]);
    }));
});
