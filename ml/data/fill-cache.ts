import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DataError } from '../errors.ts';
import { makeFolderTree } from './folder.ts';

const temporaryPrefix = '.fetching-';

/**
 * Fetches and verifies into a folder of its own and moves the named files: a reader never sees a half-written one.
 * Returns what went wrong, if anything; fails with a `DataError` when the cache folder cannot be written.
 */
export async function fillCache(
  cache: string,
  names: readonly string[],
  fetch: (folder: string) => Promise<void>,
): Promise<string | undefined> {
  const temporary = await temporaryFolder(cache);
  try {
    await fetch(temporary);
    for (const name of names) await rename(join(temporary, name), join(cache, name));
    return undefined;
  } catch (error) {
    const message = describe(error).replaceAll(temporary + sep, '');
    if (/ENOSPC|EDQUOT/.test(message)) throw cannotWrite(cache, error);
    return message;
  } finally {
    // After an error some files may still be on their way.
    await rm(temporary, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function temporaryFolder(cache: string): Promise<string> {
  try {
    makeFolderTree(cache);
    await removeAbandoned(cache);
    return await mkdtemp(join(cache, temporaryPrefix));
  } catch (error) {
    throw cannotWrite(cache, error);
  }
}

/** A killed process leaves its temporary folder: nobody fetches for a day. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const folder = join(cache, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > 24 * 3600 * 1000) await rm(folder, { recursive: true, force: true });
  }
}

function cannotWrite(cache: string, error: unknown): DataError {
  return new DataError(
    `cannot write to the cache folder ${cache}: ${describe(error)}`,
    'RESIDUALS_CACHE=/path/to/a/folder/with/1/GB/free npm run data',
    error,
  );
}

/** `fetch` hides why it failed in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof DataError ? undefined : error.cause;
  return cause ? `${error.message} (${describe(cause)})` : error.message;
}
