import { utimes } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DataError } from '../errors.ts';
import { makeFolderTree } from './folder.ts';
import { holderName, isLiveHolder, ownHolder } from './holder.ts';
import { systemProblem } from './system.ts';

/** A cache folder that cannot be written. */
export class CacheError extends DataError {}

const temporaryPrefix = '.fetching-';

/** Fetches of this process: each has a folder of its own. */
let fetches = 0;

/**
 * Fetches and verifies into a folder of its own and moves the named files: a reader never sees a half-written one. Fails as
 * `fetch` does, or with a `CacheError`. What killed processes have left in the cache is removed.
 */
export async function fillCache(
  cache: string,
  names: readonly string[],
  fetch: (folder: string) => Promise<void>,
): Promise<void> {
  const temporary = await temporaryFolder(cache);
  const alive = setInterval(() => utimes(temporary, new Date(), new Date(), () => {}), 60_000);
  try {
    await fetch(temporary);
    for (const name of names) await rename(join(temporary, name), join(cache, name));
  } catch (error) {
    if (isCaches(error, cache)) throw cannotWrite(cache, error);
    if (error instanceof Error) error.message = error.message.replaceAll(temporary + sep, '');
    throw error;
  } finally {
    clearInterval(alive);
    // After an error some files may still be on their way.
    await rm(temporary, { recursive: true, force: true, maxRetries: 10 }).catch(() => {});
  }
}

/** Removes what killed processes have left in a cache that is good; where that cannot be done, it is in nobody's way. */
export async function sweepCache(cache: string): Promise<void> {
  await removeAbandoned(cache).catch(() => {});
}

/** An error in one line: `fetch` hides why it failed in the cause. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof DataError ? undefined : error.cause;
  return cause ? `${error.message} (${describe(cause)})` : error.message;
}

async function temporaryFolder(cache: string): Promise<string> {
  try {
    makeFolderTree(cache);
    await removeAbandoned(cache);
    const folder = join(cache, `${temporaryPrefix}${fetches++}.${holderName(ownHolder())}`);
    await mkdir(folder);
    return folder;
  } catch (error) {
    throw cannotWrite(cache, error);
  }
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const folder = join(cache, name);
    const holder = name.slice(temporaryPrefix.length).replace(/^\d+\./, '');
    if (!isLiveHolder(holder, folder)) await rm(folder, { recursive: true, force: true });
  }
}

/** Whether an error is about files in the cache; tar and npm tell of a full disk in their own words. */
function isCaches(error: unknown, cache: string): boolean {
  const { code, path, syscall = '' } = error as NodeJS.ErrnoException;
  if (/ENOSPC|EDQUOT/.test(`${code} ${describe(error)}`)) return true;
  if (systemProblem(error) === null) return false;
  return path === undefined ? ['write', 'fsync', 'close'].includes(syscall) : path.startsWith(cache + sep);
}

function cannotWrite(cache: string, error: unknown): CacheError {
  const reason = systemProblem(error, cache)?.reason ?? describe(error);
  return new CacheError(
    `cannot write to the cache folder ${cache}: ${reason}`,
    'RESIDUALS_CACHE=/path/to/a/folder/with/1/GB/free npm run data',
    error,
  );
}
