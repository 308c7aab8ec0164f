import { setMaxListeners } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { PlannedRun } from '../plan/types.ts';
import { makeFolder, writeError } from '../record/files.ts';
import { lockHolder } from '../record/lock.ts';
import { openStore, type Store } from '../record/store.ts';
import type { DataSet } from '../tasks/classification/images.ts';
import { runWorker, type WorkerExit } from './process.ts';
import type { ExecutionEvent, ExecutionResult, WorkerOrder } from './types.ts';

/** How runs are to be executed. */
export interface ExecuteOptions {
  store: string;
  /** By data set. */
  dataFolders: Readonly<Partial<Record<DataSet, string>>>;
  /** Worker processes at a time. */
  jobs: number;
  /** Threads of each; the cores are shared out when absent. */
  threads?: number;
  lowering?: string;
  /** Whether the other runs go on when one has failed; else they stop at a checkpoint. */
  keepGoing: boolean;
  /** Whether finished runs are trained again. */
  force: boolean;
  checkpointSeconds: number;
  /** The command line, for the records. */
  command: string;
  /** Aborting it stops all runs at a checkpoint. */
  signal?: AbortSignal;
}

/**
 * Trains runs in worker processes, those that take longest first, and returns when none is left or all have stopped.
 * A run that another process is at is left for last and then waited for. A worker that dies is replaced, twice at most.
 * Fails with a `UserError` when the store cannot be written; a failed run is part of the result.
 */
export async function execute(
  runs: readonly PlannedRun[],
  options: ExecuteOptions,
  onEvent: (event: ExecutionEvent) => void,
): Promise<ExecutionResult> {
  const store = openStore(options.store);
  expectWritable(join(store.folder, 'runs'));
  return new Execution(runs, options, store, onEvent).run();
}

/** How often a run is taken up again after its worker died. */
const retries = 2;

class Execution {
  readonly #queue: PlannedRun[];
  readonly #options: ExecuteOptions;
  readonly #store: Store;
  readonly #onEvent: (event: ExecutionEvent) => void;
  readonly #running = new Map<string, { run: PlannedRun; threads: number; end: Promise<void> }>();
  readonly #deaths = new Map<string, number>();
  readonly #result: ExecutionResult = { outcomes: new Map(), failures: [], interrupted: false };
  readonly #stop = new AbortController();
  readonly #memoryMiB = process.availableMemory() / 2 ** 20;

  constructor(
    runs: readonly PlannedRun[],
    options: ExecuteOptions,
    store: Store,
    onEvent: (event: ExecutionEvent) => void,
  ) {
    this.#queue = [...runs].sort((a, b) => b.cost.seconds - a.cost.seconds);
    this.#options = options;
    this.#store = store;
    this.#onEvent = onEvent;
  }

  async run(): Promise<ExecutionResult> {
    const { signal } = this.#options;
    setMaxListeners(0, this.#stop.signal); // one for each worker
    const interrupt = () => {
      this.#result.interrupted = true;
      this.#stop.abort();
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt);
    while (true) {
      await this.#startWhatFits();
      if (this.#running.size === 0) break;
      await Promise.race([...this.#running.values()].map(({ end }) => end));
    }
    signal?.removeEventListener('abort', interrupt);
    return this.#result;
  }

  async #startWhatFits(): Promise<void> {
    while (this.#running.size < this.#options.jobs && !this.#stop.signal.aborted) {
      const run = this.#next();
      if (!run) return;
      if (!(await this.#isRecorded(run)) && !this.#stop.signal.aborted) this.#start(run);
    }
  }

  /** The longest run that fits into memory. Those that other processes hold come last: their workers only wait. */
  #next(): PlannedRun | null {
    const free = this.#queue.filter(run => !lockHolder(this.#store.runFolder(run.key)));
    const run = (free.length > 0 ? free : this.#queue).find(candidate => this.#fits(candidate));
    if (run) this.#queue.splice(this.#queue.indexOf(run), 1);
    return run ?? null;
  }

  /** Whether a run's memory is free beside that of the running ones; alone, a run is always tried. */
  #fits({ cost }: PlannedRun): boolean {
    if (this.#running.size === 0) return true;
    const taken = [...this.#running.values()].reduce((sum, { run }) => sum + run.cost.memoryMiB, 0);
    return cost.memoryMiB <= Math.min(this.#memoryMiB - taken, process.availableMemory() / 2 ** 20);
  }

  /** Whether it has been finished already, perhaps by another process meanwhile; that needs no worker. */
  async #isRecorded({ key }: PlannedRun): Promise<boolean> {
    if (this.#options.force) return false;
    try {
      const record = await this.#store.readRecord(key);
      if (!record) return false;
      this.#result.outcomes.set(key, 'recorded');
      this.#onEvent({ key, type: 'done', record, how: 'recorded' });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const fix = error.fix === undefined ? {} : { fix: error.fix };
      this.#onEvent({ key, type: 'failed', message: error.message, ...fix, exitCode: error.exitCode });
      this.#fail(key, error.message, error.fix);
    }
    return true;
  }

  #start(run: PlannedRun): void {
    const threads = this.#options.threads ?? this.#fairShare();
    const order = makeOrder(run, this.#options, this.#store.folder, threads);
    const onMessage = (message: Parameters<Parameters<typeof runWorker>[2]>[0]) =>
      this.#onEvent({ key: run.key, ...message });
    const end = runWorker(order, this.#stop.signal, onMessage).then(exit => {
      this.#running.delete(run.key);
      this.#ended(run, exit);
    });
    this.#running.set(run.key, { run, threads, end });
  }

  /** Idle cores, shared by the runs that can start now: two seeds side by side beat one on two threads. */
  #fairShare(): number {
    const busy = [...this.#running.values()].reduce((sum, { threads }) => sum + threads, 0);
    const starting = Math.min(this.#options.jobs - this.#running.size, this.#queue.length + 1);
    return Math.max(1, Math.floor((availableParallelism() - busy) / starting));
  }

  #ended(run: PlannedRun, { last, exitCode, killedBy, lastLines }: WorkerExit): void {
    const { key } = run;
    if (last?.type === 'done') this.#result.outcomes.set(key, last.how);
    else if (last?.type === 'failed') this.#fail(key, last.message, last.fix);
    else if (!this.#stop.signal.aborted) {
      const how = killedBy ? `was killed by ${killedBy}` : `exited with code ${exitCode}`;
      const memory = killedBy === 'SIGKILL' ? ' (the system does that when memory runs out)' : '';
      const message = `the worker of ${run.network}, seed ${run.identity.seed}, ${how}${memory}`;
      const deaths = (this.#deaths.get(key) ?? 0) + 1;
      this.#deaths.set(key, deaths);
      const retry = deaths <= retries;
      this.#onEvent({ key, type: 'died', message, lastLines, retry });
      if (retry) this.#queue.unshift(run);
      else
        this.#fail(
          key,
          `${message}, ${deaths} times`,
          'run the same command again: it goes on from the last checkpoint',
        );
    }
  }

  #fail(key: string, message: string, fix: string | undefined): void {
    this.#result.failures.push(fix === undefined ? { key, message } : { key, message, fix });
    if (!this.#options.keepGoing) this.#stop.abort();
  }
}

function makeOrder(run: PlannedRun, options: ExecuteOptions, store: string, threads: number): WorkerOrder {
  const { dataFolders, lowering, force, checkpointSeconds, command } = options;
  const { key, network, identity } = run;
  const dataFolder = dataFolders[identity.spec.data.set] ?? '';
  const order = { key, network, identity, store, dataFolder, threads, force, checkpointSeconds, command };
  return lowering === undefined ? order : { ...order, lowering };
}

/** One error before anything is started, not one for each run. */
function expectWritable(folder: string): void {
  makeFolder(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw writeError(error, folder);
  }
}
