import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Injection, workerScript } from './faults.ts';

/** The folder of a scenario, in which everything lies that its commands may write. */
export interface Place {
  /** What is not counted: the plan of a driver, what faults have left. */
  base: string;
  store: string;
  cache: string;
  /** A folder with CIFAR-10. */
  cifar: string;
}

/** How a command ended. */
export interface Ending {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: string | null;
  /** Whether it had to be killed. */
  hangs: boolean;
  stdout: string;
  stderr: string;
}

/** The checkout, in which commands run. */
export const root = dirname(dirname(import.meta.dirname));

const preload = new URL('inject.mjs', import.meta.url).href;

/** Seconds after which a command is taken to hang; on a busy machine one takes ten. */
const patience = 120;

/** A disturbance: a fault and the file that it leaves, or the file that is told every operation. */
export type Disturbance = Pick<Injection, 'fault' | 'fired' | 'trace'>;

/** Runs Node with arguments from the checkout, in a process group of its own, disturbed or not. */
export async function runCommand(
  place: Place,
  args: readonly string[],
  disturbance: Disturbance = {},
): Promise<Ending> {
  const script = args.find(word => /\.(mjs|ts)$/.test(word) && !word.includes('register'))!;
  const injection: Injection = {
    processes: [basename(script), workerScript],
    command: basename(script),
    folders: [place.store, place.cache],
    ...disturbance,
  };
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(place), RESIDUALS_FAULT: JSON.stringify(injection) },
  });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, 1000 * patience);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', text => {
      said[stream] += text;
    });
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => resolve([code, by]));
  });
  clearTimeout(timer);
  return { exitCode, signal, hangs, ...said };
}

/** Processes that a command of a place has started and that are still there; they are given some seconds to end. */
export async function leftProcesses({ cache }: Place): Promise<number[]> {
  const end = performance.now() + 1000 * patience;
  for (;;) {
    const left = processIds().filter(id => environmentOf(id).includes(`RESIDUALS_CACHE=${cache}\0`));
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(50);
  }
}

function environment({ base, cache, cifar }: Place): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_|RESIDUALS_|CI$|COLUMNS$)/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    NODE_OPTIONS: `--import=${preload}`,
    RESIDUALS_CACHE: cache,
    RESIDUALS_CIFAR10: cifar,
    npm_execpath: join(base, 'npm-cli.js'), // only an installation asks for npm
    COLUMNS: '10000',
  };
}

/** Where the system tells (Linux); it keeps the environment that a process was started with. */
function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(id: number): string {
  try {
    return readFileSync(join('/proc', `${id}`, 'environ'), 'utf8');
  } catch {
    return ''; // another user's, or gone
  }
}
