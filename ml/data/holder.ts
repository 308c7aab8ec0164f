import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAbsent, unreadable } from './system.ts';

/** A process that holds something on disk: it is named in the name of a file or folder, and lives or does not. */
export interface Holder {
  pid: number;
  /** Start time of the process as the system counts it, where it tells (Linux); else 0. */
  started: string;
  /** Where process ids mean the same: a digest of the boot and of the PID namespace (Linux), else of the host name. */
  where: string;
  /** For people: containers share names, and a container has another name once it was restarted. */
  host: string;
}

/** A holder that has left a file or folder, and what is known of it. */
export interface SeenHolder extends Holder {
  file: string;
  /** Seconds since its holder showed that it lives; negative where clocks differ. */
  age: number;
  /** Whether its process can be looked up from here: then it is known to live. */
  comparable: boolean;
}

/**
 * A holder that cannot be looked up, being on another host or in another container, is taken for dead when it has not
 * touched its file for this long. It must exceed the longest uninterruptible step: creating a 1202-layer session takes up
 * to a minute.
 */
export const staleSeconds = 600;

/** This process. */
export function ownHolder(): Holder {
  return { pid: process.pid, started: startTime(process.pid) ?? '0', where: whereHere(), host: hostname() };
}

/** A holder as part of a file name. */
export function holderName({ pid, started, where, host }: Holder): string {
  return `${pid}.${started}.${where}.${encodeURIComponent(host)}`;
}

/**
 * The holder that a file or folder was named after by `holderName`; null when `name` names none, or the file is gone. Fails
 * when the system does not tell: it may well be held.
 */
export function seenHolder(name: string, file: string): SeenHolder | null {
  const [, pid, started, where, host] = /^(\d+)\.(\d+)\.([0-9a-f]{8})\.([\w.~!*'()%-]+)$/.exec(name) ?? [];
  if (host === undefined) return null;
  try {
    const age = (Date.now() - statSync(file).mtimeMs) / 1000;
    const holder = { pid: Number(pid), started: started!, where: where!, host: decoded(host) };
    return { ...holder, file, age, comparable: where === whereHere() };
  } catch (error) {
    if (isAbsent(error, file)) return null;
    throw unreadable(file, error);
  }
}

/** Whether a holder lives; one that cannot be looked up does if it has touched its file lately. */
export function isAlive({ pid, started, age, comparable }: SeenHolder): boolean {
  if (comparable) {
    const now = startTime(pid);
    if (now === null) return false;
    if (now !== '0') return now === started;
  }
  return age < staleSeconds;
}

/** Whether the process that a file or folder was named after lives. */
export function isLiveHolder(name: string, file: string): boolean {
  const holder = seenHolder(name, file);
  return holder !== null && isAlive(holder);
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

function decoded(host: string): string {
  try {
    return decodeURIComponent(host);
  } catch {
    return host; // not named by us
  }
}
