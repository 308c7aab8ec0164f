import { fileURLToPath } from 'node:url';
import { BackendError, EngineLost } from '../contract.ts';
import { type Channel, startChannel } from './channel.ts';
import { findPython, setupCommand } from './python.ts';

/** A worker with PyTorch in it, shared by all who compute in this process: importing PyTorch takes seconds. */
export interface Runtime {
  channel: Channel;
  /** `torch 2.15.0, Python 3.12.3`. */
  version: string;
  /** Processes that share a batch: what torchrun was told to start, else one. */
  ranks: number;
  /** What decides results to the bit, by device. */
  devices: Readonly<Record<string, string>>;
  users: number;
  unused?: NodeJS.Timeout;
}

/** What this code and worker/main.py agree on. */
const protocol = 1;

/** Milliseconds after which a worker that nobody uses is ended. */
const linger = 10_000;

const worker = fileURLToPath(new URL('worker/main.py', import.meta.url));

let current: Promise<Runtime> | undefined;

/** The worker, until it is released; started when there is none. A `BackendError` says what is missing. */
export async function acquireRuntime(): Promise<Runtime> {
  const starting = (current ??= start());
  try {
    const runtime = await starting;
    if (!runtime.channel.lost) {
      runtime.users++;
      return runtime;
    }
  } catch (error) {
    if (current === starting) current = undefined;
    throw error;
  }
  if (current === starting) current = undefined;
  return acquireRuntime();
}

/** Gives the worker back. */
export function releaseRuntime(runtime: Runtime): void {
  runtime.users--;
  clearTimeout(runtime.unused);
  runtime.unused = setTimeout(() => {
    if (runtime.users > 0 || runtime.channel.lost) return;
    current = undefined;
    void runtime.channel.close();
  }, linger).unref();
}

async function start(): Promise<Runtime> {
  const { command, fix } = findPython();
  try {
    const torchrun = process.env.RESIDUALS_TORCHRUN?.split(/\s+/).filter(word => word !== '') ?? [];
    const channel = await startChannel({
      name: 'the torch worker',
      command,
      args: [
        '-B',
        '-u',
        ...(torchrun.length > 0 ? ['-m', 'torch.distributed.run', ...torchrun] : []),
        worker,
      ],
      // What a terminal sends must not reach torchrun, which would end the ranks before a checkpoint is written.
      detached: torchrun.length > 0,
      // Threads that wait spinning cost other processes most of their time; cuBLAS gives the same bits only with this.
      env: { OMP_WAIT_POLICY: 'PASSIVE', CUBLAS_WORKSPACE_CONFIG: ':4096:8' },
    });
    const { header } = await channel.hello;
    if (header.protocol !== protocol) throw new BackendError(`the torch worker speaks ${header.protocol}`);
    const { torch, python, ranks, devices } = header as {
      torch: string;
      python: string;
      ranks: number;
      devices: Runtime['devices'];
    };
    return { channel, version: `torch ${torch}, Python ${python}`, ranks, devices, users: 0 };
  } catch (error) {
    if (!(error instanceof EngineLost)) throw error;
    const { message } = error;
    if (!message.includes('no such program'))
      throw new BackendError(missing(command, message), { fix, cause: error });
    throw new BackendError(`there is no Python: ${command} was not found`, {
      fix: process.env.RESIDUALS_PYTHON ? `unset RESIDUALS_PYTHON; ${setupCommand}` : setupCommand,
      cause: error,
    });
  }
}

function missing(python: string, message: string): string {
  const [, reason] = /its last line: (.*)/.exec(message) ?? [];
  if (reason?.includes("No module named 'torch'")) return `${python} has no PyTorch`;
  return `PyTorch does not load in ${python}: ${reason ?? message}`;
}
