import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { Explained } from '../ml/errors.ts';
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

/** PyTorch's three forms; the yardstick is the best of them. */
export const pytorchForms = ['contiguous', 'channels_last', 'compile'] as const;

/** Starts one of our backend's variants. */
export function startOurs(variant: string, threads: number, work: Workload): Contender {
  const args = ['--import', loader, file('worker.ts'), variant, String(threads), JSON.stringify(work)];
  return converse(`onnxruntime (${variant})`, true, execa(process.execPath, args, options));
}

/** Starts PyTorch in one of its forms. */
export function startPytorch(python: string, form: string, threads: number, work: Workload): Contender {
  return converse(
    `PyTorch ${form}`,
    false,
    execa(python, [file('pytorch.py'), form, String(threads), JSON.stringify(work)], options),
  );
}

/** A Python that can import torch: RESIDUALS_PYTHON, else python3; null when there is none. */
export async function findPytorch(): Promise<string | null> {
  const python = process.env.RESIDUALS_PYTHON ?? 'python3';
  const { failed } = await execa(python, ['-c', 'import torch'], { reject: false });
  return failed ? null : python;
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
    if (done) throw new Explained(`${name} stopped; its message is above.`);
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
