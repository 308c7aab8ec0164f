import { BackendError, EngineLost } from '../contract.ts';
import { type Frame, FrameReader, frameParts } from './frames.ts';

/** When a worker counts as hung. In ticks, not by the clock: a machine that slept or a stopped terminal is no hang. */
export interface Limits {
  tickMilliseconds: number;
  /** Ticks without any frame; a live worker sends a heartbeat each second. */
  silence: number;
  /** Ticks until it has said hello. */
  hello: number;
  /** Ticks of a request of a kind that was never answered before: libraries tune and compile at first. */
  first: number;
  /** Ticks of any other request, at least; beyond, `medians` times what such requests took. */
  request: number;
  medians: number;
}

/** The process to be started, and what its errors call it. */
export interface WorkerCommand {
  name: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Whether it has a process group of its own. */
  detached?: boolean;
  limits?: Partial<Limits>;
}

const usual: Limits = {
  tickMilliseconds: 1000,
  silence: 30,
  hello: 300,
  first: 900,
  request: 120,
  medians: 50,
};

/** Starts a worker and waits for its hello. Fails with an `EngineLost` that says how it ended before. */
export async function startChannel(worker: WorkerCommand): Promise<Channel> {
  const { execa } = await import('execa');
  const subprocess = execa(worker.command, worker.args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    env: worker.env ?? {},
    detached: worker.detached ?? false,
    forceKillAfterDelay: 5000,
  });
  const ended = (async () => {
    const { exitCode, signal, code, originalMessage } = await subprocess;
    if (signal) {
      const memory = signal === 'SIGKILL' ? ' (the system does that when memory runs out)' : '';
      return `was killed by ${signal}${memory}`;
    }
    if (exitCode !== undefined) return `exited with code ${exitCode}`;
    return code === 'ENOENT' ? 'cannot be started: there is no such program' : `failed: ${originalMessage}`;
  })();
  const channel = new Channel(subprocess as unknown as Subprocess, ended, worker);
  await channel.hello;
  return channel;
}

/** What is used of a child process. */
interface Subprocess {
  readonly pid?: number | undefined;
  readonly stdin: NodeJS.WritableStream & Holder & { cork(): void; uncork(): void };
  readonly stdout: NodeJS.ReadableStream & Holder;
  readonly stderr: NodeJS.ReadableStream & Holder;
  kill(signal: NodeJS.Signals): boolean;
  ref(): void;
  unref(): void;
}

interface Holder {
  ref?(): void;
  unref?(): void;
}

interface Pending {
  op: string;
  begin: number;
  resolve(frame: Frame): void;
  reject(error: BackendError): void;
}

/** A worker that answers requests in their order. While none is pending it does not keep this process from ending. */
export class Channel {
  readonly hello: Promise<Frame>;
  /** Why no request can be answered any more. */
  lost: EngineLost | undefined;
  readonly #process: Subprocess;
  readonly #name: string;
  readonly #limits: Limits;
  readonly #pending = new Map<number, Pending>();
  readonly #took = new Map<string, number[]>();
  readonly #timer: NodeJS.Timeout;
  #requests = 0;
  #silent = 0;
  #age = 0;
  #stderr = '';
  #ending: string | undefined;

  constructor(subprocess: Subprocess, ended: Promise<string>, { name, limits }: WorkerCommand) {
    this.#process = subprocess;
    this.#name = name;
    this.#limits = { ...usual, ...limits };
    this.#timer = setInterval(() => this.#tick(), this.#limits.tickMilliseconds);
    this.hello = this.#answer(this.#requests++, 'hello');
    const reader = new FrameReader(frame => this.#take(frame));
    subprocess.stdout.on('data', chunk => {
      try {
        if (this.#ending === undefined) reader.take(chunk);
      } catch (error) {
        this.#end((error as Error).message);
      }
    });
    subprocess.stderr.on('data', chunk => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-8192);
    });
    subprocess.stdin.on('error', () => {}); // its end says more
    void ended.then(how => this.#lose(how));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Sends a request and resolves to its reply. `arrays` are read until then. Fails with a `BackendError` when the worker
   * answers with an error, and with an `EngineLost` when it is gone.
   */
  request(op: string, header: object = {}, arrays: readonly ArrayBufferView[] = []): Promise<Frame> {
    if (this.lost) return Promise.reject(this.lost);
    const id = this.#requests++;
    const reply = this.#answer(id, op);
    const { stdin } = this.#process;
    stdin.cork();
    for (const part of frameParts({ ...header, id, op }, arrays)) stdin.write(part);
    stdin.uncork();
    return reply;
  }

  /** Ends the worker; one that does not answer is killed. */
  async close(): Promise<void> {
    if (this.lost) return;
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await this.request('exit').catch(() => {});
    clearTimeout(kill);
  }

  #answer(id: number, op: string): Promise<Frame> {
    if (this.#pending.size === 0) this.#hold(true);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { op, begin: performance.now(), resolve, reject });
    });
  }

  #take(frame: Frame): void {
    this.#silent = 0;
    const { id, error, kind, trace } = frame.header;
    const pending = this.#pending.get(id as number);
    if (!pending) return; // a heartbeat
    this.#pending.delete(id as number);
    this.#age = 0;
    if (this.#pending.size === 0) this.#hold(false);
    if (error !== undefined) {
      pending.reject(new BackendError(`${this.#name} answers with ${kind}: ${error}`, { cause: trace }));
      return;
    }
    const took = this.#took.get(pending.op) ?? [];
    this.#took.set(pending.op, [...took, performance.now() - pending.begin].slice(-15));
    pending.resolve(frame);
  }

  #tick(): void {
    const [first] = this.#pending.values();
    if (!first || this.#ending !== undefined) return;
    const { tickMilliseconds, silence } = this.#limits;
    const seconds = (ticks: number) => `${(ticks * tickMilliseconds) / 1000} s`;
    if (++this.#silent > silence) this.#end(`sent no heartbeat for ${seconds(silence)} and was ended`);
    else if (++this.#age > this.#allowed(first.op)) {
      void this.#interrogate(
        `did not answer the request ${first.op} for ${seconds(this.#age)} and was ended`,
      );
    }
  }

  #allowed(op: string): number {
    const { hello, first, request, medians, tickMilliseconds } = this.#limits;
    if (op === 'hello') return hello;
    const took = [...(this.#took.get(op) ?? [])].sort((a, b) => a - b);
    const median = took[took.length >> 1];
    return median === undefined ? first : Math.max(request, (medians * median) / tickMilliseconds);
  }

  /** Has Python write where each of its threads stands, then ends it. */
  async #interrogate(what: string): Promise<void> {
    this.#ending = what;
    this.#process.kill('SIGUSR1');
    await new Promise(resolve => setTimeout(resolve, 500));
    const stack = this.#stderr.split(/thread 0x.*$/im).at(-1)!; // the main thread comes last
    const places = [...stack.matchAll(/File ".*", line \d+ in .*/g)].slice(0, 3).map(([place]) => place);
    this.#end(`${what}${places.length > 0 ? `; it stood at ${places.join(', called from ')}` : ''}`);
  }

  #end(why: string): void {
    this.#ending = why;
    this.#process.kill('SIGKILL');
  }

  #lose(how: string): void {
    clearInterval(this.#timer);
    const last = this.#stderr.trimEnd().split('\n').at(-1)!.trim();
    const why = this.#ending ?? `${how}${last === '' ? '' : `; its last line: ${last}`}`;
    this.lost = new EngineLost(`${this.#name} ${why}`);
    for (const { reject } of this.#pending.values()) reject(this.lost);
    this.#pending.clear();
  }

  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#process;
    const change = on ? 'ref' : 'unref';
    for (const each of [this.#process, this.#timer, stdin, stdout, stderr] as Holder[]) each[change]?.();
  }
}
