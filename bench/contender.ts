import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { findPython } from '../backends/torch/python.ts';
import type { Workload } from './workloads.ts';

/** One implementation in a process of its own, answering one command at a time. */
export interface Contender {
  name: string;
  ours: boolean;
  /** Milliseconds of `count` training steps or evaluations. */
  time(what: 'train' | 'evaluate', count: number): Promise<number[]>;
  /** Peak resident memory so far and the engine's version. */
  memory(): Promise<{ mebibytes: number; version: string }>;
  stop(): Promise<void>;
}

/** A Python that has PyTorch. */
export interface Pytorch {
  command: string;
  /** What PyTorch 1 has not: torch.compile. */
  compiles: boolean;
}

/** PyTorch's forms on a device; the yardstick is the best of them. */
export function pytorchForms({ compiles }: Pytorch, device = 'cpu'): string[] {
  const forms = ['contiguous', 'channels_last'];
  return [...forms, ...(compiles ? ['compile'] : []), ...(device === 'cpu' ? [] : ['graph'])];
}

/** What computes our side, and how; the backend's own choice where nothing is said. */
export interface Ours {
  backend: string;
  device?: string;
  variant?: string;
}

/** Starts one of our backends. */
export function startOurs({ backend, device, variant }: Ours, threads: number, work: Workload): Contender {
  const how = JSON.stringify({ threads, ...(device && { device }), ...(variant && { variant }) });
  const args = ['--import', loader, file('worker.ts'), backend, how, JSON.stringify(work)];
  const what = [device, variant].filter(Boolean).join(', ');
  return converse(what ? `${backend} (${what})` : backend, true, execa(process.execPath, args, options));
}

/** Starts PyTorch in one of its forms. */
export function startPytorch(
  { command }: Pytorch,
  form: string,
  { threads, device = 'cpu', work }: { threads: number; device: string | undefined; work: Workload },
): Contender {
  const args = [file('pytorch.py'), form, device, String(threads), JSON.stringify(work)];
  return converse(`PyTorch ${form}`, false, execa(command, args, options));
}

/** The Python of the backend torch; null when it has no PyTorch. */
export async function findPytorch(): Promise<Pytorch | null> {
  const { command } = findPython();
  const asked = 'import torch; print(hasattr(torch, "compile"))';
  const { failed, stdout } = await execa(command, ['-c', asked], { reject: false });
  return failed ? null : { command, compiles: stdout.trim() === 'True' };
}

/** What lets Node read TypeScript. */
const loader = new URL('../loader/register.mjs', import.meta.url).href;

const options = { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit', buffer: false } as const;

function file(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function converse(name: string, ours: boolean, child: ResultPromise<typeof options>): Contender {
  const lines = child.iterable({ from: 'stdout' })[Symbol.asyncIterator]();
  const ask = async <T>(command: string): Promise<T> => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} stopped; its message is above`);
    return JSON.parse(value) as T;
  };
  return {
    name,
    ours,
    time: async (what, count) => (await ask<{ milliseconds: number[] }>(`${what} ${count}`)).milliseconds,
    memory: () => ask('memory'),
    async stop() {
      child.stdin.end();
      await child.catch(() => {});
    },
  };
}
