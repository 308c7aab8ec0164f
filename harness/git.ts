import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What git prints, run without what the environment or the user's settings would change about its answer. Fails as it does. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const plain = ['-c', 'core.fsmonitor=false', '-c', 'diff.renames=false'];
  const options = { cwd: folder, env: { ...env, LC_ALL: 'C' }, maxBuffer: 2 ** 28 };
  return (await promisify(execFile)('git', [...plain, ...args], options)).stdout;
}

/** Why git could not tell, in a few words. */
export function whyNot(error: unknown): string {
  const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string };
  if (code === 'ENOENT') return 'git is not installed';
  const said = (stderr ?? message).split('\n')[0]!.replace(/^fatal: /, '');
  if (/not a git repository/.test(said)) return 'not a git checkout';
  // Of a checkout of somebody else, what helps; where it lies is nobody's business.
  if (/dubious ownership/.test(said))
    return 'git cannot tell: detected dubious ownership (git config --global --add safe.directory "$PWD")';
  return `git cannot tell: ${said.slice(0, 200)}`;
}
