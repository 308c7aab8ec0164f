import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, neededCache } from '../../ml/data/cache.ts';
import { shellWord } from '../../ml/shell.ts';

/** What `npm run setup -- torch` installs. */
export const torchVersion = '2.15.0';

/** The Python that computes, and what makes it able to. */
export interface Python {
  command: string;
  /** The command that gives it PyTorch. */
  fix: string;
}

/** RESIDUALS_PYTHON, else the environment that `npm run setup -- torch` made, else `python3`. */
export function findPython(env: NodeJS.ProcessEnv = process.env): Python {
  const chosen = env.RESIDUALS_PYTHON;
  if (chosen) return { command: chosen, fix: `${shellWord(chosen)} -m pip install torch` };
  const cache = cacheFolder(env);
  const folder = cache === null ? null : environmentFolder(cache);
  return {
    command: folder !== null && isComplete(folder) ? pythonOf(folder) : systemPython,
    fix: setupCommand,
  };
}

/** Makes the environment. */
export const setupCommand = 'npm run setup -- torch';

/** The Python of the path. */
export const systemPython = process.platform === 'win32' ? 'python' : 'python3';

/** Where the environment is made. */
export function environmentFolder(cache: string | null = cacheFolder()): string {
  return neededCache(join('engines', `torch-${torchVersion}`), cache);
}

/** The Python of an environment. */
export function pythonOf(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** Whether an environment was made to its end. */
export function isComplete(folder: string): boolean {
  return existsSync(markOf(folder)) && existsSync(pythonOf(folder)); // a link, to a Python that may be gone
}

/** The file that says so. */
export function markOf(folder: string): string {
  return join(folder, 'complete.json');
}
