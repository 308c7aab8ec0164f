import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where data and weights are kept that can be had again: `RESIDUALS_CACHE`, else the folder `residuals` in the
 * user's cache folder.
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
): string {
  return env.RESIDUALS_CACHE || join(userCacheFolder(env, platform), 'residuals');
}

function userCacheFolder(env: NodeJS.ProcessEnv, platform: string): string {
  if (platform === 'win32') return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return env.XDG_CACHE_HOME || join(homedir(), '.cache');
}
