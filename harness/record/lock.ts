import { closeSync, existsSync, openSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  holderName,
  isAlive,
  ownHolder,
  type SeenHolder,
  seenHolder,
  staleSeconds,
} from '../../ml/data/holder.ts';
import { systemProblem } from '../../ml/data/system.ts';
import { exitCodes, UserError } from '../errors.ts';
import { listIfThere, makeFolder, writeError } from './files.ts';

const prefix = 'lock.';

/**
 * Who writes a run. A lock is an empty file whose name says who holds it: `lock.<holder>`.
 * To acquire: create one's own, then look for others. Whoever sees that of another live process removes its own and
 * waits, so two processes can never both hold a run, whatever the order of their steps; and because a name belongs to
 * one process only, the lock of a dead one can be removed without a race. Only who wants the lock removes another's.
 */
export type HeldLock = SeenHolder;

/** A holder touches its lock this often, between steps. */
const heartbeatSeconds = 15;

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
      const taken = (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync(dirname(this.#file));
      if (!taken) throw writeError(error, this.#file);
      throw new UserError(`${this.#file}: another process took this run over while this one was paused.`, {
        exitCode: exitCodes.failed,
        cause: error,
      });
    }
    this.#touched = performance.now();
  }

  /** A lock that the system does not let us remove is one of the dead as soon as this process ends. */
  release(): void {
    try {
      rmSync(this.#file, { force: true });
    } catch (error) {
      if (systemProblem(error) === null) throw error;
    }
  }
}

/** Takes the lock of a run's folder, or says who holds it. Removes the locks of the dead. */
export function tryLock(
  folder: string,
  isDead: (lock: HeldLock) => boolean = () => false,
): RunLock | HeldLock {
  makeFolder(folder);
  const own = ownHolder();
  const file = join(folder, `${prefix}${holderName(own)}`);
  try {
    closeSync(openSync(file, 'wx'));
  } catch (error) {
    // This very process is at it already.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { ...own, file, age: 0, comparable: true };
    throw writeError(error, file);
  }
  let held: HeldLock | undefined;
  try {
    const others = locksIn(folder).filter(lock => lock.file !== file);
    for (const lock of others) if (!isAlive(lock) || isDead(lock)) rmSync(lock.file, { force: true });
    held = others.find(lock => isAlive(lock) && !isDead(lock));
  } catch (error) {
    rmSync(file, { force: true });
    throw error; // who cannot see the others does not hold it
  }
  if (!held) return new RunLock(file);
  rmSync(file, { force: true });
  return held;
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

function locksIn(folder: string): HeldLock[] {
  return listIfThere(folder).flatMap(name =>
    name.startsWith(prefix) ? (seenHolder(name.slice(prefix.length), join(folder, name)) ?? []) : [],
  );
}
