import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, UserError } from '../errors.ts';
import { makeFolder, writeError } from './files.ts';

/**
 * Who writes a run. A lock is an empty file whose name says who holds it: `lock.<pid>.<process start>.<host>`.
 * To acquire: create one's own, then look for others. Whoever sees that of another live process removes its own and
 * waits, so two processes can never both hold a run, whatever the order of their steps; and because a name belongs to
 * one process only, the lock of a dead one can be removed without a race.
 */
export interface LockHolder {
  pid: number;
  /** Start time of the process as the system counts it, where it tells (Linux); else 0. */
  started: string;
  host: string;
}

/** A holder touches its lock this often, between steps. */
const heartbeatSeconds = 15;

/**
 * A holder that cannot be looked up, being on another host, is taken for dead when it has not touched its lock for this
 * long. It must exceed the longest uninterruptible step: creating a 1202-layer session takes up to a minute.
 */
export const staleSeconds = 600;

/** A held lock. */
export class RunLock {
  readonly #file: string;
  #touched = performance.now();

  constructor(file: string) {
    this.#file = file;
  }

  /** Shows that the holder lives; cheap enough to be called after every step. Fails when the lock was taken over. */
  heartbeat(): void {
    if (performance.now() - this.#touched > heartbeatSeconds * 1000) this.assertHeld();
  }

  /** Fails when another process took the lock over, which it does after a pause of `staleSeconds`. */
  assertHeld(): void {
    try {
      const now = Date.now() / 1000;
      utimesSync(this.#file, now, now);
    } catch (error) {
      throw new UserError(`${this.#file}: another process took this run over while this one was paused.`, {
        exitCode: exitCodes.failed,
        cause: error,
      });
    }
    this.#touched = performance.now();
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Takes the lock of a run's folder, or says who holds it. */
export function tryLock(folder: string): RunLock | LockHolder {
  makeFolder(folder);
  const own = ownHolder();
  const file = join(folder, fileName(own));
  try {
    closeSync(openSync(file, 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return own; // this very process is at it already
    throw writeError(error, file);
  }
  const other = liveHolders(folder).find(holder => fileName(holder) !== fileName(own));
  if (!other) return new RunLock(file);
  rmSync(file, { force: true });
  return other;
}

/** Takes the lock, waiting for its holder as long as need be; null when `signal` aborts first. */
export async function waitForLock(
  folder: string,
  signal: AbortSignal,
  onWaiting: (holder: LockHolder) => void,
): Promise<RunLock | null> {
  let announced = -1;
  while (!signal.aborted) {
    const lock = tryLock(folder);
    if (lock instanceof RunLock) return lock;
    if (lock.pid !== announced) onWaiting(lock);
    announced = lock.pid;
    await sleep(250 + (process.pid % 64)).catch(() => {}); // processes that met do not meet again at once
  }
  return null;
}

/** The live process that holds a run, or null. */
export function lockHolder(folder: string): LockHolder | null {
  return liveHolders(folder)[0] ?? null;
}

/** This process, as a holder. */
export function ownHolder(): LockHolder {
  return { pid: process.pid, started: startTime(process.pid) ?? '0', host: hostname() };
}

/** A holder as part of a file name: `<pid>.<process start>.<host>`. */
export function holderName({ pid, started, host }: LockHolder): string {
  return `${pid}.${started}.${encodeURIComponent(host)}`;
}

/** Whether the process that a file was named after lives; one on another host does if it has touched the file lately. */
export function isLiveHolder(name: string, file: string): boolean {
  const holder = parse(`lock.${name}`);
  return holder !== null && isAlive(holder, file);
}

function liveHolders(folder: string): LockHolder[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // nothing has been written yet
  }
  return names.flatMap(name => {
    const holder = parse(name);
    if (!holder) return [];
    if (isAlive(holder, join(folder, name))) return [holder];
    rmSync(join(folder, name), { force: true });
    return [];
  });
}

function isAlive(holder: LockHolder, file: string): boolean {
  if (holder.host === hostname()) {
    const started = startTime(holder.pid);
    if (started === null) return false;
    if (started !== '0') return started === holder.started;
  }
  try {
    return Date.now() - statSync(file).mtimeMs < staleSeconds * 1000;
  } catch {
    return false; // released meanwhile
  }
}

/** Start time of a process in clock ticks since boot; '0' when it lives but the system does not tell, null when dead. */
function startTime(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : fields[18]!; // a killed process not yet waited for is dead
  } catch {
    return '0';
  }
}

function fileName(holder: LockHolder): string {
  return `lock.${holderName(holder)}`;
}

function parse(name: string): LockHolder | null {
  const [, pid, started, host] = /^lock\.(\d+)\.(\d+)\.(.+)$/.exec(name) ?? [];
  return host === undefined ? null : { pid: Number(pid), started: started!, host: decodeURIComponent(host) };
}
