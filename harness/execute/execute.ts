import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cores } from '../../ml/data/cores.ts';
import { explained, UserError } from '../errors.ts';
import type { PlannedJob } from '../plan/types.ts';
import { makeFolder, writeError } from '../record/files.ts';
import { lockHolder } from '../record/lock.ts';
import { jobFiles, markStore, openStore, type Store } from '../record/store.ts';
import type { JobIdentity } from '../record/types.ts';
import { taskOf } from '../tasks/registry.ts';
import type { WeightsFile } from '../tasks/task.ts';
import type { Executor, ExecutorEvent, WorkerExit } from './executor.ts';
import { tidy } from './tidy.ts';
import type { ExecutionEvent, ExecutionResult, Order, Outcome, WorkerMessage } from './types.ts';

/** How jobs are to be executed. */
export interface ExecuteOptions {
  store: string;
  /** By data set. */
  dataFolders: Readonly<Record<string, string>>;
  /** Released weights, by their digest. */
  weights?: Readonly<Record<string, WeightsFile>>;
  /** Workers at a time. */
  jobs: number;
  /** Threads of each; the cores are shared out when absent. */
  threads?: number;
  /** The file of a user's own backend. */
  backendFile?: string;
  device?: string;
  variant?: string;
  /** Whether the other jobs go on when one has failed; else they stop at a checkpoint. */
  keepGoing: boolean;
  /** Whether finished jobs are computed again. */
  force: boolean;
  checkpointSeconds: number;
  /** Whether trainings leave digests of their state after every step. */
  trace?: boolean;
  /** Digests of the designs that verdicts follow, by target, for the records. */
  designs?: ReadonlyMap<string, string>;
  /** The command line, for the records. */
  command: string;
  /** Aborting it stops all jobs at a checkpoint. */
  signal?: AbortSignal;
  /** Where they run; processes of this machine when absent. */
  executor?: Executor;
}

/**
 * Runs jobs, each after those that it needs and else those that take longest first, and returns when none is left or all
 * have stopped. A job that another process is at is left for last and then waited for. A worker that dies, or whose engine
 * does, is replaced, twice at most. Fails with a `UserError` when the store cannot be written; a failed job is part of the result.
 */
export async function execute(
  jobs: readonly PlannedJob[],
  options: ExecuteOptions,
  onEvent: (event: ExecutionEvent) => void,
): Promise<ExecutionResult> {
  const store = openStore(options.store);
  expectWritable(store);
  const executor = options.executor ?? new (await import('./local/index.ts')).LocalExecutor();
  return new Execution(jobs, options, store, executor, onEvent).run();
}

/** How often a job is taken up again after its worker died. */
const retries = 2;

interface Running {
  job: PlannedJob;
  threads: number;
  last: Extract<WorkerMessage, { type: 'done' | 'failed' | 'lost' }> | null;
}

class Execution {
  readonly #queue: PlannedJob[];
  readonly #options: ExecuteOptions;
  readonly #store: Store;
  readonly #executor: Executor;
  readonly #onEvent: (event: ExecutionEvent) => void;
  readonly #running = new Map<string, Running>();
  readonly #deaths = new Map<string, number>();
  readonly #result: ExecutionResult = { outcomes: new Map(), failures: [], interrupted: false };
  readonly #memoryMiB = process.availableMemory() / 2 ** 20;
  #stopped = false;

  constructor(
    jobs: readonly PlannedJob[],
    options: ExecuteOptions,
    store: Store,
    executor: Executor,
    onEvent: (event: ExecutionEvent) => void,
  ) {
    this.#queue = [...jobs].sort((a, b) => b.cost.seconds - a.cost.seconds);
    this.#options = options;
    this.#store = store;
    this.#executor = executor;
    this.#onEvent = onEvent;
  }

  async run(): Promise<ExecutionResult> {
    const { signal } = this.#options;
    const interrupt = () => {
      this.#result.interrupted = true;
      this.#stop();
    };
    if (signal?.aborted) interrupt();
    signal?.addEventListener('abort', interrupt);
    const events = this.#executor.events();
    this.#startWhatFits();
    if (this.#running.size > 0) {
      for await (const event of events) {
        this.#follow(event);
        if (!('exit' in event)) continue;
        this.#startWhatFits();
        if (this.#running.size === 0) break;
      }
    }
    this.#executor.close();
    signal?.removeEventListener('abort', interrupt);
    return this.#result;
  }

  #stop(): void {
    this.#stopped = true;
    for (const key of this.#running.keys()) this.#executor.stop(key);
  }

  #follow(event: ExecutorEvent): void {
    const { key } = event;
    const running = this.#running.get(key)!;
    if ('exit' in event) {
      this.#running.delete(key);
      this.#ended(running, event.exit);
    } else {
      const { message } = event;
      if (message.type === 'done' || message.type === 'failed' || message.type === 'lost') {
        running.last = message;
      } else this.#onEvent({ key, ...message });
    }
  }

  #startWhatFits(): void {
    while (this.#running.size < this.#options.jobs && !this.#stopped) {
      const job = this.#next();
      if (!job) return;
      if (!this.#isRecorded(job) && !this.#stopped) this.#start(job);
    }
  }

  /** The longest job that can begin and fits into memory. Those that other processes hold come last: their workers wait. */
  #next(): PlannedJob | null {
    const ready = this.#queue.filter(job => job.needs.every(key => !this.#isAhead(key)));
    const free = ready.filter(({ key }) => !this.#isHeld(key));
    const job = (free.length > 0 ? free : ready).find(candidate => this.#fits(candidate));
    if (job) this.#queue.splice(this.#queue.indexOf(job), 1);
    return job ?? null;
  }

  /** Whether another process is at a job; where that cannot be read, starting it says what is wrong. */
  #isHeld(key: string): boolean {
    try {
      return lockHolder(this.#store.jobFolder(key)) !== null;
    } catch (error) {
      if (explained(error) === null) throw error;
      return false;
    }
  }

  /** Whether a job that another one needs is still queued or running. */
  #isAhead(key: string): boolean {
    return this.#running.has(key) || this.#queue.some(job => job.key === key);
  }

  /** Whether a job's memory is free beside that of the running ones; alone, a job is always tried. */
  #fits({ cost }: PlannedJob): boolean {
    if (this.#running.size === 0) return true;
    const taken = [...this.#running.values()].reduce((sum, { job }) => sum + job.cost.memoryMiB, 0);
    return cost.memoryMiB <= Math.min(this.#memoryMiB - taken, process.availableMemory() / 2 ** 20);
  }

  /** Whether a job needs no worker: it is finished, perhaps by another process meanwhile, or cannot be begun. */
  #isRecorded({ key, needs, again }: PlannedJob): boolean {
    const missing = needs.find(each => this.#result.failures.some(failure => failure.key === each));
    if (missing !== undefined) {
      this.#fail(key, `it needs ${missing.slice(0, 12)}, which failed`, undefined);
      return true;
    }
    return !this.#options.force && !again && this.#tellRecord(key, 'recorded');
  }

  /** Tells what is recorded of a job; false when nothing is. A record that cannot be used is the failure of its job. */
  #tellRecord(key: string, how: Outcome): boolean {
    try {
      const record = this.#store.record(key);
      if (!record) return false;
      if (how === 'recorded') tidy(this.#store, record);
      this.#result.outcomes.set(key, how);
      this.#onEvent({ key, type: 'done', record, how });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#fail(key, error.message, error.fix, error.exitCode);
    }
    return true;
  }

  #start(job: PlannedJob): void {
    const threads = this.#options.threads ?? this.#fairShare();
    this.#running.set(job.key, { job, threads, last: null });
    const order = orderOf(job, this.#options, this.#store.folder, threads);
    const force = order.force || job.again === true;
    this.#executor.start({ ...order, force: force && !this.#isHalfForced(job) });
  }

  /** Whether a job that is computed from the start by force, without a record, is taken up again: it then goes on. */
  #isHalfForced({ key }: PlannedJob): boolean {
    return this.#deaths.has(key) && !existsSync(join(this.#store.jobFolder(key), jobFiles.record));
  }

  /** Idle cores, shared by the jobs that can start now: two seeds side by side beat one on two threads. */
  #fairShare(): number {
    const busy = [...this.#running.values()].reduce((sum, { threads }) => sum + threads, 0);
    const starting = Math.min(this.#options.jobs - this.#running.size, this.#queue.length + 1);
    return Math.max(1, Math.floor((cores() - busy) / starting));
  }

  #ended({ job, last }: Running, exit: WorkerExit): void {
    const { key } = job;
    if (last?.type === 'done') {
      if (!this.#tellRecord(key, last.how))
        this.#fail(key, `the record of ${nameOf(job)} is gone`, undefined);
    } else if (last?.type === 'failed') this.#fail(key, last.message, last.fix, last.exitCode);
    else if (!this.#stopped) {
      const message = last ? `${nameOf(job)} stopped: ${last.message}` : deathOf(job, exit);
      const deaths = (this.#deaths.get(key) ?? 0) + 1;
      this.#deaths.set(key, deaths);
      const retry = deaths <= retries;
      this.#onEvent({ key, type: 'died', message, lastLines: exit.lastLines, retry });
      if (retry) this.#queue.unshift(job);
      else {
        const fix = 'run the same command again: it resumes from the last checkpoint';
        this.#result.failures.push({ key, message: `${message}, ${deaths} times`, fix });
        if (!this.#options.keepGoing) this.#stop();
      }
    }
  }

  #fail(key: string, message: string, fix: string | undefined, exitCode = 4): void {
    const failure = fix === undefined ? { key, message } : { key, message, fix };
    this.#onEvent({ type: 'failed', ...failure, exitCode });
    this.#result.failures.push(failure);
    if (!this.#options.keepGoing) this.#stop();
  }
}

function nameOf({ network, identity }: PlannedJob): string {
  return identity.kind === 'train' ? `${network}, seed ${identity.seed},` : `${network}, released weights,`;
}

function deathOf(job: PlannedJob, { exitCode, killedBy }: WorkerExit): string {
  const how = killedBy ? `was killed by ${killedBy}` : `exited with code ${exitCode}`;
  const memory = killedBy === 'SIGKILL' ? ' (the system does that when memory runs out)' : '';
  return `the worker of ${nameOf(job)} ${how}${memory}`;
}

function orderOf(job: PlannedJob, options: ExecuteOptions, store: string, threads: number): Order {
  const { dataFolders, weights = {}, backendFile, device, variant } = options;
  const { force, checkpointSeconds, trace, command } = options;
  const { key, network, asked, identity, targets } = job;
  const design = options.designs?.get(targets[0] ?? '');
  const file = weights[releasedIn(identity) ?? ''];
  return {
    ...{ key, network, asked, identity, store, threads, force, checkpointSeconds, command },
    dataFolder: dataFolders[identity.spec.data.set] ?? '',
    ...(file && { weights: file }),
    ...(backendFile !== undefined && { backendFile }),
    ...(device !== undefined && { device }),
    ...(variant !== undefined && { variant }),
    ...(trace && { trace }),
    ...(design !== undefined && { design }),
  };
}

/** Digest of the released weights that a job takes in. */
function releasedIn(identity: JobIdentity): string | undefined {
  if (identity.kind === 'evaluate') return identity.inputs.weights;
  return taskOf(identity.task).releasedOf(identity.spec)?.integrity;
}

/** One error before anything is started, not one for each job. */
function expectWritable(store: Store): void {
  const folder = join(store.folder, 'runs');
  markStore(store.folder); // first: runs without a mark are those of an earlier version
  makeFolder(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw writeError(error, folder);
  }
}
