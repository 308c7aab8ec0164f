import { homedir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../errors.ts';

/**
 * Where data and weights are kept that can be had again: `RESIDUALS_CACHE`, else the folder `residuals` in the user's cache
 * folder; null for a user who has no home.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string | null {
  const named = env.RESIDUALS_CACHE;
  // Files of variables are read by no shell that would fill in the home.
  if (named) return /^~($|\/)/.test(named) ? join(homeFolder() ?? '.', named.slice(1)) : named;
  const users = userCacheFolder(env, platform);
  return users === null ? null : join(users, 'residuals');
}

/** A part of the cache folder for what cannot be used from anywhere else. Fails with a `DataError` where there is none. */
export function neededCache(part: string, cache = cacheFolder()): string {
  if (cache !== null) return join(cache, part);
  throw new DataError(
    'there is no folder to keep data in: this user has no home folder, and RESIDUALS_CACHE is not set',
    'export RESIDUALS_CACHE=/path/to/a/folder/with/1/GB/free',
  );
}

function userCacheFolder(env: NodeJS.ProcessEnv, platform: string): string | null {
  if (platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  if (platform !== 'win32' && platform !== 'darwin' && env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  const home = homeFolder();
  if (home === null) return null;
  if (platform === 'win32') return join(home, 'AppData', 'Local');
  return platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
}

/** Node fails where neither the environment nor the system's list of users knows a home. */
function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
