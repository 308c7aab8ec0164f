import { createHash } from 'node:crypto';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, UserError } from '../errors.ts';
import { makeFolder, writeError } from './files.ts';

/**
 * Who writes a run. A lock is an empty file whose name says who holds it: `lock.<pid>.<process start>.<where>.<host>`.
 * To acquire: create one's own, then look for others. Whoever sees that of another live process removes its own and
 * waits, so two processes can never both hold a run, whatever the order of their steps; and because a name belongs to
 * one process only, the lock of a dead one can be removed without a race. Only who wants the lock removes another's.
 */
export interface LockHolder {
  pid: number;
  /** Start time of the process as the system counts it, where it tells (Linux); else 0. */
  started: string;
  /** Where process ids mean the same: a digest of the boot and of the PID namespace (Linux), else of the host name. */
  where: string;
  /** For people: containers share names, and a container has another name once it was restarted. */
  host: string;
}

/** A lock that another process holds, and what is known of it. */
export interface HeldLock extends LockHolder {
  file: string;
  /** Seconds since its holder showed that it lives; negative where clocks differ. */
  age: number;
  /** Whether its process can be looked up from here: then it is known to live. */
  comparable: boolean;
}

/** A holder touches its lock this often, between steps. */
const heartbeatSeconds = 15;

/**
 * A holder that cannot be looked up, being on another host or in another container, is taken for dead when it has not
 * touched its lock for this long. It must exceed the longest uninterruptible step: creating a 1202-layer session takes up
 * to a minute.
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
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw writeError(error, this.#file);
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

/** Takes the lock of a run's folder, or says who holds it. Removes the locks of the dead. */
export function tryLock(
  folder: string,
  isDead: (lock: HeldLock) => boolean = () => false,
): RunLock | HeldLock {
  makeFolder(folder);
  const own = ownHolder();
  const file = join(folder, fileName(own));
  try {
    closeSync(openSync(file, 'wx'));
  } catch (error) {
    // This very process is at it already.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { ...own, file, age: 0, comparable: true };
    throw writeError(error, file);
  }
  const others = locksIn(folder).filter(lock => lock.file !== file);
  for (const lock of others) if (!isAlive(lock) || isDead(lock)) rmSync(lock.file, { force: true });
  const other = others.find(lock => isAlive(lock) && !isDead(lock));
  if (!other) return new RunLock(file);
  rmSync(file, { force: true });
  return other;
}

/**
 * Takes the lock, waiting for its holder as long as need be; null when `signal` aborts first. A holder whose clock is ahead
 * is taken for dead once its lock has not changed for `staleSeconds` by our own clock.
 */
export async function waitForLock(
  folder: string,
  signal: AbortSignal,
  onWaiting: (holder: HeldLock) => void,
): Promise<RunLock | null> {
  const seen = new Map<string, { touched: number; since: number }>();
  const isDead = ({ file, age, comparable }: HeldLock) => {
    const touched = Date.now() / 1000 - age;
    const before = seen.get(file);
    if (!before || Math.abs(before.touched - touched) > 1)
      seen.set(file, { touched, since: performance.now() });
    return !comparable && performance.now() - seen.get(file)!.since > staleSeconds * 1000;
  };
  let announced = '';
  while (!signal.aborted) {
    const lock = tryLock(folder, isDead);
    if (lock instanceof RunLock) return lock;
    if (lock.file !== announced) onWaiting(lock);
    announced = lock.file;
    await sleep(250 + (process.pid % 64)).catch(() => {}); // processes that met do not meet again at once
  }
  return null;
}

/** The live process that holds a run, or null. Changes nothing. */
export function lockHolder(folder: string): HeldLock | null {
  return locksIn(folder).find(isAlive) ?? null;
}

/** This process, as a holder. */
export function ownHolder(): LockHolder {
  return { pid: process.pid, started: startTime(process.pid) ?? '0', where: whereHere(), host: hostname() };
}

/** A holder as part of a file name. */
export function holderName({ pid, started, where, host }: LockHolder): string {
  return `${pid}.${started}.${where}.${encodeURIComponent(host)}`;
}

/** Whether the process that a file was named after lives; one that cannot be looked up does if it has touched it lately. */
export function isLiveHolder(name: string, file: string): boolean {
  const lock = heldLock(name, file);
  return lock !== null && isAlive(lock);
}

function locksIn(folder: string): HeldLock[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // nothing has been written yet
  }
  return names.flatMap(name =>
    name.startsWith('lock.') ? (heldLock(name.slice('lock.'.length), join(folder, name)) ?? []) : [],
  );
}

function heldLock(name: string, file: string): HeldLock | null {
  const [, pid, started, where, host] = /^(\d+)\.(\d+)\.([0-9a-f]{8})\.(.+)$/.exec(name) ?? [];
  if (host === undefined) return null;
  try {
    const age = (Date.now() - statSync(file).mtimeMs) / 1000;
    const holder = { pid: Number(pid), started: started!, where: where!, host: decodeURIComponent(host) };
    return { ...holder, file, age, comparable: where === whereHere() };
  } catch {
    return null; // released meanwhile
  }
}

function isAlive({ pid, started, age, comparable }: HeldLock): boolean {
  if (comparable) {
    const now = startTime(pid);
    if (now === null) return false;
    if (now !== '0') return now === started;
  }
  return age < staleSeconds;
}

let here: string | undefined;

/** Process ids mean the same in one PID namespace of one boot of one machine; containers often share its host name. */
function whereHere(): string {
  here ??= createHash('sha256').update(place()).digest('hex').slice(0, 8);
  return here;
}

function place(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname(); // not Linux
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
