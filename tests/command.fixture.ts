import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

/** The checkout that is tested. */
export const root = dirname(import.meta.dirname);

/** Runs a command of a checkout to its end, as from a pipe so wide that no message is broken unless it is said how wide. */
export function runCommand(
  args: readonly string[],
  { at = root, columns = 400 }: { at?: string; columns?: number } = {},
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, COLUMNS: String(columns), GITHUB_STEP_SUMMARY: '' };
  const command = [join(at, 'cli/start.mjs'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: at, encoding: 'utf8', env });
  return { status, stdout, stderr };
}
